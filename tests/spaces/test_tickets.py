"""Spaces of ticketed events: holders come in, whoever gave theirs back is put out, and the money follows."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Channel, User
from monetization import actions as money
from monetization import event_ends
from monetization.models import Payment, Ticket, TicketedEvent
from monetization.tickets import buy_ticket
from realtime import outbox
from spaces import actions, composing, seating, tasks, tickets
from spaces.access import get_presence
from spaces.actions import Plan
from spaces.errors import NoSuchEvent, TicketsOnly
from spaces.models import Audience, Part, Space
from streaming import gates
from streaming.placing import put_on_air
from tests.monetization.conftest import Sell, sell
from tests.monetization.sandbox import Sandbox
from tests.spaces.conftest import sit

__all__ = ["sell"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

HOUR = timedelta(hours=1)


def for_holders(event: TicketedEvent) -> Plan:
    return Plan("After the show", audience=Audience.TICKETS, event=event)


@pytest.fixture
def gala(sell: Sell, alice: User, alice_channel: Channel) -> Space:
    """A Space of an event, open at the event's time."""
    event = sell()
    return actions.open_now(channel=alice_channel, host=alice, plan=for_holders(event), now=event.scheduled.starts_at)


def event_of(space: Space) -> TicketedEvent:
    return TicketedEvent.objects.select_related("scheduled").get(spaces=space)


def buy(sandbox: Sandbox, space: Space, user: User) -> Payment:
    card, event = sandbox.save_card(user), event_of(space)
    return buy_ticket(user=user, event=event, card=card, country="", now=timezone.now())


def is_let_in(user: User, space: Space) -> bool:
    try:
        return bool(get_presence(user, space.pk, timezone.now()))
    except TicketsOnly:
        return False


def deliver_outbox() -> None:
    while outbox.deliver_next(timezone.now()):
        pass


def test_a_refund_puts_out_even_from_the_stage(
    sandbox: Sandbox,
    gala: Space,
    alice: User,
    bob: User,
    carol: User,
    dave: User,
    erin: User,
    django_capture_on_commit_callbacks: Any,
) -> None:
    now = timezone.now()
    payments = {user: buy(sandbox, gala, user) for user in (bob, carol, dave)}
    people = (alice, bob, carol, dave, erin, User.objects.create(username="gina"))
    assert [is_let_in(who, gala) for who in people] == [True, True, True, True, True, False]
    seats = {user: sit(gala, user, now) for user in payments}
    Part.objects.create(space=gala, user=carol, role=Part.Role.SPEAKER, on_stage_at=now)

    with django_capture_on_commit_callbacks(execute=True):
        for user in (bob, carol):
            payment = payments[user]
            money.refund(payment=payment, amount=payment.left, by=alice, reason="by the creator", now=now)
    with django_capture_on_commit_callbacks(execute=True):
        deliver_outbox()

    still = {user for user, seat in seats.items() if seating.find(seat.token, now.timestamp())}
    assert still == {dave}
    assert Part.objects.get(user=carol).role == "listener"
    assert [is_let_in(who, gala) for who in (bob, carol, dave)] == [False, False, True]


@pytest.mark.parametrize(("is_open", "becomes"), [(True, "ended"), (False, "cancelled")])
def test_an_event_that_is_called_off_takes_its_space_along(
    sell: Sell, alice: User, alice_channel: Channel, is_open: bool, becomes: str
) -> None:
    event, now = sell(), timezone.now()
    make = actions.open_now if is_open else actions.plan
    space = make(channel=alice_channel, host=alice, plan=for_holders(event), now=now)
    event_ends.cancel_event(event=event, by=alice, reason="", now=now)
    deliver_outbox()

    space.refresh_from_db()
    assert space.state == becomes


def test_an_event_has_one_space_of_its_own_channel(sell: Sell, alice: User, gala: Space, dave: User) -> None:
    now, channel = timezone.now(), Channel.objects.create(name="dave", owner=dave)
    for host, place, event in ((dave, channel, event_of(gala)), (alice, gala.channel, event_of(gala))):
        with pytest.raises(NoSuchEvent):
            actions.plan(channel=place, host=host, plan=for_holders(event), now=now)
    with pytest.raises(NoSuchEvent):
        actions.plan(channel=gala.channel, host=alice, plan=Plan("No event", audience=Audience.TICKETS), now=now)


@pytest.mark.parametrize(
    ("early_by", "ended_by_house", "becomes"),
    [
        (timedelta(0), False, "released"),
        # What happens long before isn't what tickets were sold to: it never came.
        (3 * HOUR, False, "cancelled"),
        # Somebody decides what becomes of the money.
        (timedelta(0), True, "selling"),
    ],
)
def test_the_money_of_what_took_place_in_a_space_is_the_creators(
    sell: Sell, alice: User, alice_channel: Channel, erin: User, early_by: timedelta, ended_by_house: bool, becomes: str
) -> None:
    event = sell()
    opened_at = event.scheduled.starts_at - early_by
    space = actions.open_now(channel=alice_channel, host=alice, plan=for_holders(event), now=opened_at)
    actions.end(space=space, by=erin if ended_by_house else alice, now=opened_at + HOUR)
    event_ends.sweep_events(opened_at + timedelta(days=60))

    assert event_of(space).state == becomes


def test_a_space_that_opens_to_everybody_is_the_event_no_longer(gala: Space, alice: User) -> None:
    assert event_of(gala).ended_elsewhere_at is None
    actions.change(space=gala, plan=Plan("For everybody"), by=alice, now=timezone.now())

    assert TicketedEvent.objects.get().ended_elsewhere_at is not None


def test_the_form_offers_events_to_who_sells_tickets(
    client: Client, sell: Sell, alice: User, alice_channel: Channel
) -> None:
    client.force_login(alice)
    assert "Ticketed event" not in client.get("/spaces/new").content.decode()

    event = sell()
    form = {"channel": alice_channel.pk, "title": "After the show", "audience": "tickets", "event": ""}
    assert "Choose the event" in client.post("/spaces/new", form).content.decode()
    page = client.post("/spaces/new", form | {"event": event.pk}, follow=True)
    assert Space.objects.get().event == event
    assert "Ticket holders" in page.content.decode()
    offer = client.get(f"/@alice/schedule/{event.scheduled_id}").content.decode()
    assert "After the show" in offer

    client.logout()
    shut = client.get(Space.objects.get().get_absolute_url()).content.decode()
    assert "for those who have a ticket" in shut
    assert f"/@alice/schedule/{event.scheduled_id}" in shut
    assert not Ticket.objects.exists()


def test_handed_over_it_still_asks_for_tickets_under_another_title(client: Client, gala: Space, bob: User) -> None:
    Part.objects.create(space=gala, user=bob, role=Part.Role.COHOST, on_stage_at=timezone.now())
    actions.hand_over(space=gala, user=bob, by=gala.host)
    client.force_login(bob)
    page = client.get(f"{gala.get_absolute_url()}/edit").content.decode()
    assert "Ticketed event" in page

    form = {"title": "Another title", "audience": "tickets", "event": gala.event_id}
    client.post(f"{gala.get_absolute_url()}/edit", form)
    gala.refresh_from_db()
    assert (gala.title, gala.audience, gala.event_id) == ("Another title", "tickets", form["event"])


def test_opened_too_early_it_is_the_event_once_it_is_time(sell: Sell, alice: User, alice_channel: Channel) -> None:
    event = sell()
    starts_at = event.scheduled.starts_at
    space = actions.open_now(channel=alice_channel, host=alice, plan=for_holders(event), now=starts_at - HOUR)
    tickets.note_begun_meanwhile(starts_at - HOUR)
    assert event_of(space).began_elsewhere_at is None

    tickets.note_begun_meanwhile(starts_at)
    assert event_of(space).began_elsewhere_at == starts_at


def test_the_quarter_minute_takes_up_whose_event_it_is_time_for(
    sell: Sell, alice: User, alice_channel: Channel
) -> None:
    event, now = sell(), timezone.now()
    space = actions.open_now(channel=alice_channel, host=alice, plan=for_holders(event), now=now)
    event.scheduled.starts_at = now
    event.scheduled.save()
    tasks.tell_reminders()

    assert event_of(space).began_elsewhere_at is not None


def test_whoever_of_its_leaders_ends_it_or_leaves_it_the_event_is_over(gala: Space, bob: User) -> None:
    now = timezone.now()
    Part.objects.create(space=gala, user=bob, role=Part.Role.COHOST, on_stage_at=now)
    actions.end(space=gala, by=bob, now=now)

    assert event_of(gala).ended_elsewhere_at == now


def test_an_event_whose_host_dropped_out_is_over(gala: Space) -> None:
    gone_at = timezone.now() + timedelta(minutes=5)
    Space.objects.filter(pk=gala.pk).update(leaderless_at=gone_at - timedelta(minutes=3))
    actions.end_leaderless(seated={}, now=gone_at)

    assert event_of(gala).ended_elsewhere_at == gone_at


def test_its_stream_plays_on_as_many_devices_as_the_event_allows(gala: Space, bob: User) -> None:
    TicketedEvent.objects.update(most_devices=1)
    gala.refresh_from_db()
    broadcast = put_on_air(composing.wanted(gala), timezone.now())
    gate = gates.gate_of(broadcast.visibility)

    assert gates.counts_devices(bob, broadcast)
    assert gate.most_devices is not None
    assert gate.most_devices(broadcast) == 1
