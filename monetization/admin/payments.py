"""Payments, to be read; what gives money back is the action."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import AuditedAdmin, ReadOnlyAdmin, administrator, for_each
from monetization import actions
from monetization.models import (
    Card,
    Contract,
    Customer,
    JointCharge,
    Payment,
    Period,
    Refund,
    TierSwitch,
    Tip,
    TipSettings,
    WebhookEvent,
)


class RefundInline(admin.TabularInline):
    model = Refund
    fields = ["amount", "state", "reason", "by", "created_at", "settled_at"]
    readonly_fields = ["amount", "state", "reason", "by", "created_at", "settled_at"]
    extra = 0
    can_delete = False


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Every attempt there was, with how it went."""

    list_display = ["created_at", "kind", "amount", "refunded", "state", "payer", "channel", "decline_code"]
    list_filter = ["state", "kind", "currency", "created_at"]
    list_select_related = ["payer", "channel"]
    search_fields = ["id", "provider_id", "payer__username", "channel__name"]
    date_hierarchy = "created_at"
    inlines = [RefundInline]
    show_full_result_count = False
    actions = ["refund"]

    def has_refund_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("monetization.add_refund")

    @admin.action(description=_("Give selected payments back"), permissions=["refund"])
    def refund(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        by, now = administrator(request), timezone.now()

        def refund_one(row: Payment) -> None:
            actions.refund(payment=row, amount=row.left, by=by, reason="by the house", now=now)

        for_each(request, queryset, refund_one, str(_("%(count)d refunded.")))


class PartInline(admin.TabularInline):
    model = Payment
    fields = ["channel", "amount", "refunded", "state"]
    readonly_fields = ["channel", "amount", "refunded", "state"]
    extra = 0
    can_delete = False


@admin.register(JointCharge)
class JointChargeAdmin(ReadOnlyAdmin):
    """Months that were charged together."""

    list_display = ["created_at", "amount", "state", "payer"]
    list_filter = ["state", "currency", "created_at"]
    list_select_related = ["payer"]
    search_fields = ["id", "provider_id", "payer__username"]
    inlines = [PartInline]
    show_full_result_count = False


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "amount", "state", "payment", "by", "reason"]
    list_filter = ["state", "created_at"]
    list_select_related = ["payment__channel", "by"]
    search_fields = ["id", "provider_id", "payment__id"]


@admin.register(Tip)
class TipAdmin(ReadOnlyAdmin):
    list_display = ["payment", "words", "message"]
    list_filter = ["words", "payment__state"]
    list_select_related = ["payment__channel"]
    search_fields = ["payment__payer__username", "payment__channel__name"]


class PeriodInline(admin.TabularInline):
    model = Period
    fields = ["number", "starts_at", "payment"]
    readonly_fields = ["number", "starts_at", "payment"]
    extra = 0
    can_delete = False


@admin.register(Contract)
class ContractAdmin(ReadOnlyAdmin):
    """What is charged each month, and why not."""

    list_display = ["user", "tier", "state", "paid_until", "months_given", "is_cancelled", "tries", "next_try_at"]
    list_filter = ["state", "is_cancelled"]
    list_select_related = ["user", "tier__channel"]
    search_fields = ["user__username", "channel__name"]
    inlines = [PeriodInline]


@admin.register(Period)
class PeriodAdmin(ReadOnlyAdmin):
    list_display = ["contract", "number", "starts_at", "payment"]
    list_select_related = ["contract__user", "contract__tier__channel", "payment__channel"]
    search_fields = ["contract__user__username", "payment__id"]


@admin.register(TierSwitch)
class TierSwitchAdmin(ReadOnlyAdmin):
    """Dearer tiers for the rest of a month, and how the difference was reckoned."""

    list_display = ["contract", "tier_before", "tier_after", "payment"]
    list_select_related = [
        *("contract__user", "contract__tier__channel", "payment__channel"),
        *("tier_before__channel", "tier_after__channel"),
    ]
    search_fields = ["contract__user__username", "payment__id"]


@admin.register(TipSettings)
class TipSettingsAdmin(AuditedAdmin):
    list_display = ["channel", "is_on", "least", "most"]
    list_filter = ["is_on", "currency"]
    list_select_related = ["channel"]
    autocomplete_fields = ["channel"]


@admin.register(Card)
class CardAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "user", "expires", "country", "is_default", "added_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "provider_id"]


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    list_display = ["user", "provider_id", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "provider_id"]


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    """What the gateway told; one that isn't handled says why."""

    list_display = ["received_at", "type", "object_id", "handled_at", "attempts", "last_error"]
    list_filter = ["type", "received_at", ("handled_at", admin.EmptyFieldListFilter)]
    search_fields = ["event_id", "object_id"]
    show_full_result_count = False
