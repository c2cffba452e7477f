"""The ASGI application that daphne serves: pages by Django, the websocket by realtime."""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

pages = get_asgi_application()

# Reads models, which are there only now.
from realtime.consumer import consume  # noqa: E402

application = ProtocolTypeRouter({"http": pages, "websocket": consume})
