"""The site as daphne serves it, with the URLs of bench/pages_urls.py."""

from django.conf import settings

from config.asgi import application

__all__ = ["application"]

settings.ROOT_URLCONF = "bench.pages_urls"
