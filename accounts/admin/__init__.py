"""The Django admin of accounts. Its buttons call the same actions as the pages."""

from django.contrib import admin

from accounts.admin import channels, house, people, words

__all__ = ["channels", "house", "people", "words"]

admin.site.site_header = "Estrade"
admin.site.site_title = "Estrade"
