from django.contrib import admin

from accounts.admin.base import AuditedAdmin
from accounts.models import BlockedWord


@admin.register(BlockedWord)
class BlockedWordAdmin(AuditedAdmin):
    """Without a channel a word is blocked everywhere."""

    list_display = ["text", "channel", "is_pattern", "is_held", "created_at"]
    list_filter = ["is_pattern", "is_held", ("channel", admin.EmptyFieldListFilter)]
    list_select_related = ["channel"]
    search_fields = ["text", "channel__name"]
    autocomplete_fields = ["channel"]
