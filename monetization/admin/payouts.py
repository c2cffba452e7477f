"""Payouts by bank, and adjustments: each button calls an action, which leaves its audit row."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet, Sum
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.admin.base import AuditedAdmin, ReadOnlyAdmin, administrator, for_each
from monetization import adjustments, connecting, exporting, paying_out, payouts
from monetization.errors import MonetizationError
from monetization.models import (
    Adjustment,
    BankAccount,
    ConnectedAccount,
    LeftAccount,
    Payout,
    PayoutBatch,
    PayoutPlan,
    PayoutRun,
    PayoutSettings,
    PayoutThreshold,
)
from monetization.money import Money

PAID = ngettext_lazy("%(count)d paid.", "%(count)d paid.", "count")


class ReferenceForm(ActionForm):
    """What the bank says goes with the action."""

    reference = forms.CharField(label=_("Bank's reference"), max_length=80, required=False)


class SettlingAdmin(ReadOnlyAdmin):
    """Rows that change by what the bank says."""

    action_form = ReferenceForm

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("monetization.change_payout")

    def reference_in(self, request: HttpRequest) -> str:
        return request.POST.get("reference", "").strip()


@admin.register(Payout)
class PayoutAdmin(SettlingAdmin):
    list_display = ["message", "creator", "amount", "state", "way", "reference", "made_at", "settled_at"]
    list_filter = ["state", ("batch", admin.EmptyFieldListFilter), "currency", "made_at"]
    list_select_related = ["creator"]
    exclude = ["sealed_number"]
    search_fields = ["creator__username", "holder", "reference", "provider_id"]
    date_hierarchy = "made_at"
    actions = ["mark_paid", "take_back"]

    @admin.display(description=_("to"))
    def way(self, row: Payout) -> str:
        return row.destination or f"{row.holder} {row.masked}"

    @admin.action(description=_("The bank paid: write its reference beside"), permissions=["settle"])
    def mark_paid(self, request: HttpRequest, queryset: QuerySet[Payout]) -> None:
        by, now, reference = administrator(request), timezone.now(), self.reference_in(request)
        if not reference:
            messages.error(request, _("Write the bank's reference beside the action."))
            return
        for_each(
            request,
            queryset,
            lambda row: payouts.mark_paid(payout=row, reference=reference, by=by, now=now),
            PAID,
        )

    @admin.action(description=_("The bank sent it back: owed again"), permissions=["settle"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[Payout]) -> None:
        by, now, reference = administrator(request), timezone.now(), self.reference_in(request)
        for_each(
            request,
            queryset,
            lambda row: payouts.take_back(payout=row, reference=reference, by=by, now=now),
            ngettext_lazy("%(count)d is owed again.", "%(count)d are owed again.", "count"),
        )


@admin.register(PayoutBatch)
class PayoutBatchAdmin(SettlingAdmin):
    """Adding one makes it: everybody whose balance reaches the threshold is in it."""

    list_display = ["__str__", "made_at", "made_by", "occasion", "count", "total", "exported_at"]
    list_filter = [("exported_at", admin.EmptyFieldListFilter), "currency"]
    list_select_related = ["made_by"]
    date_hierarchy = "made_at"
    fields = ["currency"]
    actions = ["export", "mark_paid"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[PayoutBatch]":
        rows: QuerySet[PayoutBatch] = super().get_queryset(request)
        return rows.annotate(payout_count=Count("payouts"), payout_minor=Sum("payouts__amount_minor"))

    @admin.display(description=_("payouts"))
    def count(self, row: Any) -> int:
        return int(row.payout_count)

    @admin.display(description=_("sum"))
    def total(self, row: Any) -> str:
        return str(Money(row.payout_minor or 0, row.currency))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("monetization.add_payoutbatch")

    def save_model(self, request: HttpRequest, obj: PayoutBatch, form: BaseForm, change: bool) -> None:
        try:
            batch = payouts.make_batch(currency=obj.currency, by=administrator(request), now=timezone.now())
        except MonetizationError as error:
            self.message_user(request, str(error.message), messages.ERROR)
            obj.pk = None
        else:
            obj.pk = batch.pk

    def response_add(
        self, request: HttpRequest, obj: PayoutBatch, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Nothing was made where nobody is owed enough; the message says so."""
        if not obj.pk:
            return self.response_post_save_add(request, obj)
        return super().response_add(request, obj, post_url_continue)

    def log_addition(self, request: HttpRequest, obj: PayoutBatch, message: Any) -> Any:
        return super().log_addition(request, obj, message) if obj.pk else None

    @admin.action(description=_("Export for the bank"), permissions=["settle"])
    def export(self, request: HttpRequest, queryset: QuerySet[PayoutBatch]) -> HttpResponse | None:
        try:
            table = exporting.export_batches(batches=list(queryset), by=administrator(request), now=timezone.now())
        except MonetizationError as error:
            self.message_user(request, str(error.message), messages.ERROR)
            return None
        answer = HttpResponse(table, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="payouts.csv"'
        return answer

    @admin.action(description=_("The bank paid all: write its reference beside"), permissions=["settle"])
    def mark_paid(self, request: HttpRequest, queryset: QuerySet[PayoutBatch]) -> None:
        by, now, reference = administrator(request), timezone.now(), self.reference_in(request)
        if not reference:
            messages.error(request, _("Write the bank's reference beside the action."))
            return
        rows = Payout.objects.filter(batch__in=queryset, state=Payout.State.MADE).select_related("batch")
        for_each(
            request,
            rows,
            lambda row: payouts.mark_paid_in_batch(payout=row, reference=reference, by=by, now=now),
            PAID,
        )


@admin.register(PayoutSettings)
class PayoutSettingsAdmin(AuditedAdmin):
    """One row: its list leads straight to it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        PayoutSettings.objects.get_or_create(pk=1)
        return redirect("admin:monetization_payoutsettings_change", 1)


@admin.register(PayoutPlan)
class PayoutPlanAdmin(ReadOnlyAdmin):
    """What creators chose for themselves."""

    list_display = ["user", "rhythm", "changed_at"]
    list_filter = ["rhythm"]
    list_select_related = ["user"]
    search_fields = ["user__username"]


@admin.register(PayoutRun)
class PayoutRunAdmin(ReadOnlyAdmin):
    list_display = ["occasion", "rhythm", "begun_at", "done_at", "count"]
    list_filter = ["rhythm"]


@admin.register(PayoutThreshold)
class PayoutThresholdAdmin(AuditedAdmin):
    list_display = ["__str__", "currency"]


class PayingAdmin(ReadOnlyAdmin):
    """Where creators are paid; who is leaving is paid out from here."""

    def has_pay_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("monetization.add_payoutbatch")

    @admin.action(description=_("Pay out all they are owed, however little"), permissions=["pay"])
    def pay_all(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        by, now = administrator(request), timezone.now()
        done = ngettext_lazy("%(count)d person.", "%(count)d people.", "count")
        rows = queryset.select_related("user")
        for_each(request, rows, lambda row: paying_out.pay_all(creator=row.user, by=by, now=now), done)


@admin.register(BankAccount)
class BankAccountAdmin(PayingAdmin):
    """As creators gave it."""

    list_display = ["user", "holder", "masked", "changed_at"]
    exclude = ["sealed_number"]
    list_select_related = ["user"]
    search_fields = ["user__username", "holder"]
    actions = ["pay_all"]


@admin.register(ConnectedAccount)
class ConnectedAccountAdmin(PayingAdmin):
    """Accounts with the gateway to which creators are paid by transfer, as it tells of them."""

    list_display = ["user", "country", "state", "asked", "due_by", "provider_id", "checked_at"]
    list_filter = ["state", "country"]
    list_select_related = ["user"]
    search_fields = ["user__username", "provider_id"]
    actions = ["pay_all", "look_again"]

    @admin.display(description=_("what is asked for"))
    def asked(self, row: ConnectedAccount) -> str:
        return ", ".join(connecting.asked_of(row))

    @admin.action(description=_("Look at selected accounts at the gateway"), permissions=["pay"])
    def look_again(self, request: HttpRequest, queryset: QuerySet[ConnectedAccount]) -> None:
        now, done = timezone.now(), ngettext_lazy("%(count)d looked at.", "%(count)d looked at.", "count")
        for_each(request, queryset, lambda row: connecting.look_at(row, now), done)


@admin.register(LeftAccount)
class LeftAccountAdmin(ReadOnlyAdmin):
    """Accounts with the gateway of those who left, and why one can't be closed yet."""

    list_display = ["__str__", "left_at", "asked_at", "refused_as", "closed_at"]
    list_filter = [("closed_at", admin.EmptyFieldListFilter)]
    search_fields = ["provider_id", "key"]
    date_hierarchy = "left_at"


@admin.register(Adjustment)
class AdjustmentAdmin(ReadOnlyAdmin):
    """One administrator adds, another confirms."""

    list_display = ["creator", "amount", "reason", "state", "proposed_by", "proposed_at", "decided_by", "decided_at"]
    list_filter = ["state", "currency"]
    list_select_related = ["creator", "proposed_by", "decided_by"]
    search_fields = ["creator__username", "reason"]
    date_hierarchy = "proposed_at"
    autocomplete_fields = ["creator"]
    actions = ["confirm", "drop"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fields(request, obj) if obj else ["creator", "currency", "amount_minor", "reason"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("monetization.add_adjustment")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("monetization.change_adjustment")

    def save_model(self, request: HttpRequest, obj: Adjustment, form: BaseForm, change: bool) -> None:
        row = adjustments.propose(
            creator=obj.creator, amount=obj.amount, reason=obj.reason, by=administrator(request), now=timezone.now()
        )
        obj.pk = row.pk

    @admin.action(description=_("Confirm selected adjustments"), permissions=["decide"])
    def confirm(self, request: HttpRequest, queryset: QuerySet[Adjustment]) -> None:
        by, now = administrator(request), timezone.now()
        done = ngettext_lazy("%(count)d confirmed.", "%(count)d confirmed.", "count")
        for_each(request, queryset, lambda row: adjustments.confirm(adjustment=row, by=by, now=now), done)

    @admin.action(description=_("Drop selected adjustments"), permissions=["decide"])
    def drop(self, request: HttpRequest, queryset: QuerySet[Adjustment]) -> None:
        by, now = administrator(request), timezone.now()
        done = ngettext_lazy("%(count)d dropped.", "%(count)d dropped.", "count")
        for_each(request, queryset, lambda row: adjustments.drop(adjustment=row, by=by, now=now), done)
