"""Events and their tickets, to be read; an administrator calls off, refunds and releases."""

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.admin.base import ReadOnlyAdmin, administrator, for_each
from monetization import actions
from monetization.models import Ticket, TicketedEvent, TicketPrice


@admin.register(TicketedEvent)
class TicketedEventAdmin(ReadOnlyAdmin):
    list_display = ["scheduled", "starts_at", "state", "sold", "capacity", "cancelled_at", "released_at"]
    list_filter = ["state", "scheduled__starts_at"]
    list_select_related = ["scheduled__channel"]
    search_fields = ["scheduled__channel__name", "scheduled__title"]
    actions = ["call_off", "release"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TicketedEvent]:
        sold = Count("tickets", filter=Q(tickets__state="valid"))
        rows: QuerySet[TicketedEvent] = super().get_queryset(request)
        return rows.annotate(sold_count=sold)

    @admin.display(description=_("starts at"), ordering="scheduled__starts_at")
    def starts_at(self, row: TicketedEvent) -> object:
        return row.scheduled.starts_at

    @admin.display(description=_("sold"), ordering="sold_count")
    def sold(self, row: TicketedEvent) -> int:
        return int(getattr(row, "sold_count", 0))

    def has_end_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("monetization.change_ticketedevent")

    @admin.action(description=_("Call selected events off: everybody is refunded"), permissions=["end"])
    def call_off(self, request: HttpRequest, queryset: QuerySet[TicketedEvent]) -> None:
        by, now = administrator(request), timezone.now()
        done = ngettext_lazy("%(count)d called off.", "%(count)d called off.", "count")

        def cancel_one(event: TicketedEvent) -> None:
            actions.cancel_event(event=event, by=by, reason="", now=now)

        for_each(request, queryset, cancel_one, done)

    @admin.action(description=_("Release the money of selected events now"), permissions=["end"])
    def release(self, request: HttpRequest, queryset: QuerySet[TicketedEvent]) -> None:
        by, now = administrator(request), timezone.now()
        done = ngettext_lazy("%(count)d released.", "%(count)d released.", "count")
        for_each(request, queryset, lambda event: actions.release_event(event=event, by=by, now=now), done)


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    list_display = ["event", "holder", "state", "reserved_until", "payment"]
    list_filter = ["state"]
    list_select_related = ["event__scheduled__channel", "holder", "payment__channel"]
    search_fields = ["holder__username", "event__scheduled__channel__name", "payment__id"]
    actions = ["refund"]

    def has_refund_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("monetization.add_refund")

    @admin.action(description=_("Give selected tickets back"), permissions=["refund"])
    def refund(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> None:
        by, now = administrator(request), timezone.now()
        done = ngettext_lazy("%(count)d ticket refunded.", "%(count)d tickets refunded.", "count")

        def refund_one(row: Ticket) -> None:
            if row.payment is None:
                actions.take_back_ticket(ticket=row, by=by, reason=str(_("by the house")), now=now)
                return
            actions.refund(payment=row.payment, amount=row.payment.left, by=by, reason="by the house", now=now)

        for_each(request, queryset.select_related("payment", "event__scheduled__channel"), refund_one, done)


@admin.register(TicketPrice)
class TicketPriceAdmin(ReadOnlyAdmin):
    list_display = ["event", "country", "price", "starts_at"]
    list_filter = ["currency", "country"]
    list_select_related = ["event__scheduled__channel"]
    search_fields = ["event__scheduled__channel__name"]

    @admin.display(description=_("price"), empty_value="–")
    def price(self, row: TicketPrice) -> str | None:
        return None if row.price is None else str(row.price)
