"""The studio's page of an event's tickets: terms, prices, how the sale goes, and calling it off."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q, Sum
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import limits
from accounts.access import get_owned_channel
from accounts.errors import AccountsError
from monetization import actions
from monetization.access import event_at, get_event, get_valid_ticket
from monetization.errors import MonetizationError
from monetization.models import TicketedEvent
from monetization.money import Money
from monetization.pricing import prices_at
from monetization.tickets import sale_of
from pages.answers import or_404, user_of
from pages.lists import page_of
from pages.money import money_page
from pages.studio import frame
from pages.ticket_forms import CountryTicketForm, SellForm, TermsForm, initial_of
from spaces.settings import is_on
from spaces.tickets import events_to_choose
from streaming.access import get_edited_scheduled
from streaming.errors import NotWatchable
from streaming.models import ScheduledBroadcast

CHANGES_AN_HOUR = 60


@require_safe
@money_page
def show(request: HttpRequest, name: str, scheduled_id: UUID) -> HttpResponse:
    return _render(request, _scheduled(request, name, scheduled_id))


@require_POST
@money_page
def sell(request: HttpRequest, name: str, scheduled_id: UUID) -> HttpResponse:
    """Put it on sale."""
    scheduled, form = _scheduled(request, name, scheduled_id), SellForm(request.POST)

    def save() -> None:
        actions.sell_tickets(
            scheduled=scheduled,
            terms=form.terms(),
            price=form.cleaned_data["price"],
            by=user_of(request),
            now=timezone.now(),
        )

    return _saved(request, scheduled, form, save, _("On sale. The event's page has a button now."))


@require_POST
@money_page
def change(request: HttpRequest, name: str, scheduled_id: UUID) -> HttpResponse:
    scheduled, event = _event(request, name, scheduled_id)
    form = TermsForm(request.POST)

    def save() -> None:
        actions.change_terms(event=event, terms=form.terms(), by=user_of(request))

    return _saved(request, scheduled, form, save, _("Saved."))


@require_POST
@money_page
def set_price(request: HttpRequest, name: str, scheduled_id: UUID) -> HttpResponse:
    scheduled, event = _event(request, name, scheduled_id)
    form = CountryTicketForm(request.POST)

    def save() -> None:
        facts = form.cleaned_data
        _set_price(request, event, facts["country"], facts["price"])

    return _saved(request, scheduled, form, save, _("Saved."))


@require_POST
@money_page
def drop_price(request: HttpRequest, name: str, scheduled_id: UUID, country: str) -> HttpResponse:
    """A country pays what everybody else does again."""
    scheduled, event = _event(request, name, scheduled_id)
    if country in prices_at(event.prices.all(), timezone.now()):
        _act(request, lambda: _set_price(request, event, country, None), _("Saved."))
    return _back(scheduled)


@require_POST
@money_page
def cancel(request: HttpRequest, name: str, scheduled_id: UUID) -> HttpResponse:
    """Call the event off; everybody gets their money back."""
    scheduled, event = _event(request, name, scheduled_id)
    reason = request.POST.get("reason", "").strip()

    def act() -> None:
        actions.cancel_event(event=event, by=user_of(request), reason=reason, now=timezone.now())

    _act(request, act, _("Called off. Everybody who has a ticket gets a letter, and back what they paid."))
    return _back(scheduled)


@require_POST
@money_page
def give_back(request: HttpRequest, name: str, scheduled_id: UUID, ticket_id: int) -> HttpResponse:
    """One ticket, whole, or one that was free; its holder is told why."""
    scheduled, event = _event(request, name, scheduled_id)
    with or_404():
        ticket = get_valid_ticket(event, ticket_id)
    reason = request.POST.get("reason", "")

    def act() -> None:
        by, now = user_of(request), timezone.now()
        if ticket.payment is None:
            actions.take_back_ticket(ticket=ticket, by=by, reason=reason, now=now)
        else:
            actions.give_back_ticket(ticket=ticket, by=by, reason=reason, now=now)

    _act(request, act, _("The ticket is given back, and whoever had it is told."))
    return _back(scheduled)


def _set_price(request: HttpRequest, event: TicketedEvent, country: str, price: Money | None) -> None:
    actions.set_ticket_price(event=event, country=country, price=price, by=user_of(request), now=timezone.now())


def _act(request: HttpRequest, act: Callable[[], object], done: str) -> None:
    try:
        limits.count("ticket-sales", user_of(request).pk, at_most=CHANGES_AN_HOUR, within_s=3600)
        act()
        messages.success(request, done)
    except (MonetizationError, AccountsError) as error:
        messages.error(request, str(error.message))


def _saved(
    request: HttpRequest, scheduled: ScheduledBroadcast, form: BaseForm, save: Callable[[], object], done: str
) -> HttpResponse:
    """Have a valid form saved, or show what is wrong with it."""
    if form.is_valid():
        try:
            limits.count("ticket-sales", user_of(request).pk, at_most=CHANGES_AN_HOUR, within_s=3600)
            save()
        except (MonetizationError, AccountsError) as error:
            form.add_error(None, str(error.message))
        else:
            messages.success(request, done)
            return _back(scheduled)
    return _render(request, scheduled, form)


def _render(request: HttpRequest, scheduled: ScheduledBroadcast, bound: BaseForm | None = None) -> HttpResponse:
    event, now = event_at(scheduled), timezone.now()
    context: dict[str, Any] = frame(request, scheduled.channel, "schedule") | {"event": scheduled, "ticketed": event}
    if event is None:
        context["form"] = bound or SellForm(initial={"currency": "eur"})
    else:
        context |= _figures(event, now) | {
            "may_have_space": is_on() and events_to_choose(user_of(request)).filter(pk=event.pk).exists(),
            "form": bound if isinstance(bound, TermsForm) else TermsForm(initial=initial_of(event)),
            "price_form": bound if isinstance(bound, CountryTicketForm) else CountryTicketForm(),
            "page": page_of(request, event.tickets.seated().select_related("holder", "payment")),
        }
    return render(request, "pages/studio/tickets.html", context, status=422 if bound else 200)


def _figures(event: TicketedEvent, now: datetime) -> dict[str, Any]:
    counts = event.tickets.aggregate(
        sold=Count("pk", filter=Q(state="valid")), refunded=Count("pk", filter=Q(state="refunded"))
    )
    paid = Q(payment__state="paid")
    sums = event.tickets.filter(paid).values("payment__currency").order_by("payment__currency")
    taken = sums.annotate(gross=Sum("payment__amount_minor"), back=Sum("payment__refunded_minor"))
    return counts | {
        "sale": sale_of(event, now),
        "taken": [Money(row["gross"] - row["back"], row["payment__currency"]) for row in taken],
        "prices": sorted(prices_at(event.prices.all(), now).items()),
    }


def _scheduled(request: HttpRequest, name: str, scheduled_id: UUID) -> ScheduledBroadcast:
    """What the channel's owner announced: money is nobody else's."""
    with or_404():
        get_owned_channel(user_of(request), name)
    try:
        return get_edited_scheduled(user_of(request), name, scheduled_id)
    except NotWatchable as error:
        raise Http404 from error


def _event(request: HttpRequest, name: str, scheduled_id: UUID) -> tuple[ScheduledBroadcast, TicketedEvent]:
    scheduled = _scheduled(request, name, scheduled_id)
    with or_404():
        return scheduled, get_event(scheduled)


def _back(scheduled: ScheduledBroadcast) -> HttpResponse:
    return redirect("studio-tickets", scheduled.channel.name, scheduled.pk)
