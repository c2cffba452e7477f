"""Shares, what channels show, and what the house allows."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin.base import AuditedAdmin, ReadOnlyAdmin
from ads.models import AdRules, ChannelAds, RevenueShare


@admin.register(RevenueShare)
class RevenueShareAdmin(AuditedAdmin):
    """What was shared out keeps its reason: rows are added, never changed."""

    list_display = ["format", "share_bp", "starts_at", "note"]
    list_filter = ["format"]
    date_hierarchy = "starts_at"

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"starts_at": timezone.now()} | dict(super().get_changeform_initial_data(request))

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(ChannelAds)
class ChannelAdsAdmin(ReadOnlyAdmin):
    list_display = ["channel", "shows_pre", "shows_mid", "shows_chat", "break_every_min"]
    list_select_related = ["channel"]
    search_fields = ["channel__name"]


@admin.register(AdRules)
class AdRulesAdmin(AuditedAdmin):
    """The one row; without it the defaults hold."""

    list_display = ["__str__", "is_on", "break_s_an_hour", "quiet_min", "hold_days", "chat_hold_days"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not AdRules.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
