"""Tickets as viewers see them: what an event's page offers, buying, and what one has."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.errors import AccountsError
from accounts.models import User
from accounts.networks import network_of
from monetization import actions
from monetization.access import event_at
from monetization.cards import cards_of
from monetization.entrance import enters_free
from monetization.errors import MonetizationError
from monetization.models import Ticket, TicketedEvent
from monetization.ticketing import TICKETS
from monetization.tickets import may_buy, sale_of, ticket_of, ticket_price
from monetization.whereabouts import viewer_country
from pages.answers import refusal_told, user_of
from pages.lists import page_of
from pages.money import money_page, script
from pages.paying_forms import TicketForm
from pages.subscribing import country_of
from streaming.access import get_scheduled
from streaming.errors import NotWatchable
from streaming.models import Broadcast, ScheduledBroadcast


def offer_of(request: HttpRequest, scheduled: ScheduledBroadcast, now: datetime) -> dict[str, Any]:
    """What an event's page says about tickets; nothing where none are sold."""
    event = event_at(scheduled) if settings.PAYMENTS != "off" else None
    if event is None:
        return {}
    user = request.user if isinstance(request.user, User) else None
    ticket = ticket_of(user, event) if user else None
    return {
        "ticketed": event,
        "sale": sale_of(event, now),
        "price": ticket_price(event, _country_of(request, user), now),
        "ticket": ticket,
        "enters_free": user is not None and enters_free(user, event),
        "may_buy": user is None or may_buy(user, event.channel),
    }


def _country_of(request: HttpRequest, user: User | None) -> str:
    return country_of(request, user) if user else viewer_country(request)


def where_to_buy(broadcast: Broadcast | None, coming: Sequence[ScheduledBroadcast]) -> ScheduledBroadcast | None:
    """The event to which a viewer of this page needs a ticket, now or as soon as it is on air."""
    if broadcast is None:
        return next((event for event in coming if event.visibility == TICKETS), None)
    if broadcast.visibility != TICKETS:
        return None
    return ScheduledBroadcast.objects.filter(broadcast=broadcast).first()


@require_http_methods(["GET", "HEAD", "POST"])
@money_page
def buy(request: HttpRequest, name: str, scheduled_id: UUID) -> HttpResponse:
    """Pay for a ticket; whoever can't have one is led to the event's page, which says why."""
    user, now = user_of(request), timezone.now()
    event = _event_or_404(request, name, scheduled_id)
    if sale_of(event, now).stage != "open" or ticket_of(user, event) is not None or not may_buy(user, event.channel):
        return redirect("event", name, scheduled_id)
    country = _country_of(request, user)
    price = ticket_price(event, country, now)
    if not price:
        return _take(request, user, event, country)
    cards = list(cards_of(user))
    form = TicketForm(request.POST if request.method == "POST" else None, cards=cards, price=price)
    if request.method == "POST" and form.is_valid():
        try:
            payment = actions.buy_ticket(user=user, event=event, card=form.wanted_card, country=country, now=now)
            return redirect("payment", payment.pk)
        except (AccountsError, MonetizationError) as error:
            form.add_error(None, str(error.message))
    context = {"event": event.scheduled, "channel": event.channel, "price": price, "form": form, "cards": cards}
    return render(request, "pages/money/ticket.html", context | script(), status=422 if form.errors else 200)


def _take(request: HttpRequest, user: User, event: TicketedEvent, country: str) -> HttpResponse:
    """One that costs nothing: a click, and nothing to be asked. Who came by logging in clicks here."""
    scheduled = event.scheduled
    if request.method != "POST":
        return render(request, "pages/money/free_ticket.html", {"event": scheduled, "channel": event.channel})
    now = timezone.now()
    near = network_of(request.META.get("REMOTE_ADDR", ""), now)
    with refusal_told(request):
        actions.take_free_ticket(user=user, event=event, country=country, network=near, now=now)
        messages.success(request, _("You have a ticket."))
    return redirect("event", event.channel.name, scheduled.pk)


def _event_or_404(request: HttpRequest, name: str, scheduled_id: UUID) -> TicketedEvent:
    try:
        event = event_at(get_scheduled(request.user, name, scheduled_id))
    except NotWatchable as error:
        raise Http404 from error
    if event is None:
        raise Http404
    return event


@require_safe
@money_page
def show_own(request: HttpRequest) -> HttpResponse:
    """One's tickets."""
    rows = Ticket.objects.filter(holder=user_of(request)).exclude(state=Ticket.State.LAPSED)
    rows = rows.select_related("event__scheduled__channel", "payment__channel")
    return render(request, "pages/settings/tickets.html", {"page": page_of(request, rows)})
