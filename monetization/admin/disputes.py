"""Disputes, to be read: what is answered to the bank is answered at the gateway."""

from django.contrib import admin

from accounts.admin.base import ReadOnlyAdmin
from monetization.models import Dispute


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    """What card holders had their banks take back, how it ended, and what is held of the creator's until then."""

    list_display = ["opened_at", "amount", "state", "reason", "payment", "held", "fee", "closed_at"]
    list_filter = ["state", "currency", "opened_at"]
    list_select_related = ["payment__channel"]
    search_fields = ["provider_id", "payment__id", "payment__payer__username", "payment__channel__name"]
    date_hierarchy = "opened_at"
