"""Tiers as their owners made them; an administrator closes and reopens, and looks at prices."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.admin.base import ReadOnlyAdmin, administrator, for_each
from monetization import tiers
from monetization.models import Tier, TierPrice


@admin.register(Tier)
class TierAdmin(ReadOnlyAdmin):
    list_display = ["name", "channel", "perks", "opened_at", "closed_at"]
    list_filter = ["opened_at", "closed_at"]
    list_select_related = ["channel"]
    search_fields = ["name", "channel__name"]
    actions = ["close", "reopen"]

    def has_close_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("monetization.change_tier")

    @admin.action(description=_("Close selected tiers: sold to nobody new"), permissions=["close"])
    def close(self, request: HttpRequest, queryset: QuerySet[Tier]) -> None:
        by, now = administrator(request), timezone.now()
        done = ngettext_lazy("%(count)d closed.", "%(count)d closed.", "count")
        for_each(request, queryset, lambda tier: tiers.close_tier(tier=tier, by=by, now=now), done)

    @admin.action(description=_("Put selected tiers on sale again"), permissions=["close"])
    def reopen(self, request: HttpRequest, queryset: QuerySet[Tier]) -> None:
        by = administrator(request)
        done = ngettext_lazy("%(count)d on sale.", "%(count)d on sale.", "count")
        for_each(request, queryset.select_related("channel"), lambda tier: tiers.reopen_tier(tier=tier, by=by), done)


@admin.register(TierPrice)
class TierPriceAdmin(ReadOnlyAdmin):
    list_display = ["tier", "country", "price", "starts_at", "set_at"]
    list_filter = ["currency", "country"]
    list_select_related = ["tier__channel"]
    search_fields = ["tier__name", "tier__channel__name"]
    date_hierarchy = "starts_at"

    @admin.display(description=_("price"), empty_value="–")
    def price(self, row: TierPrice) -> str | None:
        return str(row.price) if row.price else None
