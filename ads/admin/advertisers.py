"""Who advertises, and what they prepaid."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.admin.base import AuditedAdmin, ReadOnlyAdmin, administrator, for_each
from ads import actions
from ads.models import Advertiser, BalanceRefund, TopUp

VERIFIED = ngettext_lazy("%(count)d verified.", "%(count)d verified.", "count")
REFUSED = ngettext_lazy("%(count)d refused.", "%(count)d refused.", "count")


@admin.register(Advertiser)
class AdvertiserAdmin(AuditedAdmin):
    list_display = ["name", "owner", "website", "currency", "state", "is_house", "created_at"]
    list_filter = ["state", "is_house", "currency"]
    list_select_related = ["owner"]
    search_fields = ["name", "owner__username", "website"]
    readonly_fields = ["state"]
    autocomplete_fields = ["owner"]
    actions = ["verify", "refuse"]

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        """Whose money it is, and in what, is fixed: the ledger's accounts go by it."""
        fixed = ["owner", "currency"] if obj else []
        return [*super().get_readonly_fields(request, obj), *fixed]

    @admin.action(description=_("Verify: they are who they say"), permissions=["change"])
    def verify(self, request: HttpRequest, queryset: QuerySet[Advertiser]) -> None:
        by = administrator(request)
        for_each(request, queryset, lambda row: actions.verify(advertiser=row, by=by), VERIFIED)

    @admin.action(description=_("Refuse: nothing of theirs runs"), permissions=["change"])
    def refuse(self, request: HttpRequest, queryset: QuerySet[Advertiser]) -> None:
        by = administrator(request)
        for_each(request, queryset, lambda row: actions.refuse(advertiser=row, by=by), REFUSED)


@admin.register(TopUp)
class TopUpAdmin(ReadOnlyAdmin):
    list_display = ["advertiser", "amount", "state", "card_label", "created_at", "settled_at"]
    list_filter = ["state", "currency"]
    list_select_related = ["advertiser"]
    search_fields = ["advertiser__name", "provider_id"]
    date_hierarchy = "created_at"


@admin.register(BalanceRefund)
class BalanceRefundAdmin(ReadOnlyAdmin):
    list_display = ["top_up", "amount", "state", "created_at", "settled_at"]
    list_filter = ["state"]
    list_select_related = ["top_up__advertiser"]
    date_hierarchy = "created_at"
