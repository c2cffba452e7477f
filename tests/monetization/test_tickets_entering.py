"""Who gets in with a ticket, and on how many devices."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Channel, User
from monetization.event_ends import NO_SHOW_AFTER
from monetization.models import Payment, Ticket, TicketedEvent
from monetization.subscriptions import grant
from realtime.commands import Caller
from realtime.errors import NotAllowed, TooFast
from streaming import devices, gates, live_store
from streaming.actions import _open_broadcast
from streaming.models import Broadcast
from streaming.recordings.access import replay_of
from tests.monetization.conftest import Sell, on_air

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

SECOND = timedelta(seconds=1)
LAPTOP, PHONE, TELEVISION = "a1" * 8, "b2" * 8, "c3" * 8
Hold = Callable[..., Ticket]


@pytest.fixture
def hold() -> Hold:
    """Give somebody a ticket that is paid."""

    def give(user: User, event: TicketedEvent, **facts: Any) -> Ticket:
        now = timezone.now()
        creator = event.channel.owner
        assert creator is not None
        about = {"state": "paid", "currency": "eur", "amount_minor": 500, "created_at": now, "asked_at": now}
        payment = Payment.objects.create(kind="ticket", payer=user, channel=event.channel, creator=creator, **about)
        return Ticket.objects.create(
            **({"event": event, "holder": user, "payment": payment, "state": "valid", "reserved_until": now} | facts)
        )

    return give


@pytest.fixture
def show(sell: Sell) -> Broadcast:
    return on_air(sell(), timezone.now())


def event_of(show: Broadcast) -> TicketedEvent:
    return TicketedEvent.objects.get(scheduled__broadcast=show)


@pytest.mark.parametrize(
    ("facts", "enters"),
    [
        ({}, True),
        ({"state": "reserved"}, False),
        ({"state": "refunded"}, False),
        ({"state": "late"}, False),
    ],
)
def test_who_holds_a_ticket_enters(
    show: Broadcast, hold: Hold, bob: User, dave: User, alice: User, facts: dict[str, Any], enters: bool
) -> None:
    hold(bob, event_of(show), **facts)

    assert [gates.may_watch(who, show) for who in (bob, dave, alice)] == [enters, False, True]
    TicketedEvent.objects.update(state="cancelled")
    assert not gates.may_watch(bob, show)


@pytest.mark.parametrize("enter_free", [True, False])
def test_subscribers_enter_free_where_the_event_says_so(
    sell: Sell, bob: User, alice_channel: Channel, enter_free: bool
) -> None:
    now = timezone.now()
    show = on_air(sell(subscribers_enter_free=enter_free), now)
    grant(user=bob, channel=alice_channel, starts_at=now - timedelta(days=1))

    assert gates.may_watch(bob, show) == enter_free


def test_what_was_sold_goes_on_air_for_ticket_holders_alone(sell: Sell, alice_channel: Channel) -> None:
    event = sell()
    broadcast = _open_broadcast(alice_channel, event.scheduled.starts_at)

    assert broadcast.visibility == "tickets"
    assert event_of(broadcast) == event
    # What isn't announced is as the channel's broadcasts begin.
    Broadcast.objects.update(state="ended", ended_at=timezone.now())
    assert _open_broadcast(alice_channel, timezone.now()).visibility == "public"


@pytest.mark.parametrize(("late_by", "visibility"), [(NO_SHOW_AFTER - SECOND, "tickets"), (NO_SHOW_AFTER, "public")])
def test_what_was_sold_is_waited_for_until_it_is_called_off(
    sell: Sell, alice_channel: Channel, late_by: timedelta, visibility: str
) -> None:
    event = sell()

    broadcast = _open_broadcast(alice_channel, event.scheduled.starts_at + late_by)

    assert broadcast.visibility == visibility


def test_a_ticket_plays_on_so_many_devices(show: Broadcast, hold: Hold, bob: User) -> None:
    hold(bob, event_of(show))
    now = timezone.now()
    later = now + timedelta(seconds=devices.LEASE_S - 1)

    def place(device: str, at: Any = now) -> str | None:
        return devices.place_of(bob, show, device, at)

    assert [place(one) for one in ("", "nonsense", LAPTOP, PHONE, TELEVISION, LAPTOP)] == [
        "unasked",
        "unasked",
        "held",
        "held",
        "none",
        "held",
    ]
    # Who is heard of keeps it; who isn't has lost it to whoever comes.
    assert place(LAPTOP, later) == "held"
    assert place(TELEVISION, later) == "none"
    assert place(TELEVISION, later + timedelta(seconds=2)) == "held"
    assert place(PHONE, later + timedelta(seconds=2)) == "none"


def test_one_more_device_takes_the_place_of_the_one_heard_of_least_lately(
    show: Broadcast, hold: Hold, bob: User, dave: User
) -> None:
    hold(bob, event_of(show))
    now = timezone.now()
    for seconds, device in ((-2, PHONE), (-1, LAPTOP)):
        devices.place_of(bob, show, device, now + timedelta(seconds=seconds))

    asked = {"broadcast": str(show.pk), "device": TELEVISION}
    devices.watch_here(Caller(bob, "127.0.0.1"), asked)

    found = [devices.place_of(bob, show, one, timezone.now()) for one in (TELEVISION, PHONE, LAPTOP)]
    assert found == ["held", "none", "held"]
    devices.leave(Caller(bob, "127.0.0.1"), asked)
    assert devices.place_of(bob, show, PHONE, timezone.now()) == "held"
    for person, device in ((dave, TELEVISION), (bob, "x")):
        with pytest.raises(NotAllowed):
            devices.watch_here(Caller(person, "127.0.0.1"), asked | {"device": device})


def test_devices_that_take_turns_are_held_up(show: Broadcast, hold: Hold, bob: User) -> None:
    hold(bob, event_of(show))
    caller, asked = Caller(bob, "127.0.0.1"), {"broadcast": str(show.pk)}
    for _ in range(devices.CHANGES):
        for device in (LAPTOP, PHONE):
            devices.place_of(bob, show, device, timezone.now())
        devices.leave(caller, asked | {"device": LAPTOP})
        devices.watch_here(caller, asked | {"device": TELEVISION})
        devices.drop(bob, show, TELEVISION)

    devices.place_of(bob, show, LAPTOP, timezone.now())
    devices.leave(caller, asked | {"device": LAPTOP})
    with pytest.raises(TooFast):
        devices.watch_here(caller, asked | {"device": TELEVISION})

    found = [devices.place_of(bob, show, one, timezone.now()) for one in (LAPTOP, PHONE, TELEVISION)]
    assert found == ["held", "held", "none"]


def test_an_address_is_for_who_has_a_ticket_and_a_place(
    show: Broadcast, hold: Hold, bob: User, dave: User, alice: User
) -> None:
    ticket = hold(bob, event_of(show))
    live_store.client().set(f"hls:{show.media_path}/source", "x", ex=60)
    urls = (f"/api/broadcasts/{show.pk}/state/own", f"/api/channels/{show.channel.name}/state/own")

    def told(user: User, device: str = "", url: str = urls[0]) -> tuple[bool, str | None, bool]:
        client = Client()
        client.force_login(user)
        answer = client.get(url, {"device": device}).json()
        state = answer["broadcast"] if isinstance(answer["broadcast"], dict) else answer
        return state["is_admitted"], state["place"], state["playlist_url"] is not None

    assert told(bob) == (True, "unasked", False)
    assert told(bob, LAPTOP) == (True, "held", True)
    assert told(bob, PHONE, urls[1]) == (True, "held", True)
    assert told(bob, TELEVISION) == (True, "none", False)
    assert told(dave, LAPTOP) == (False, None, False)
    assert told(alice) == (True, None, True)
    Ticket.objects.filter(pk=ticket.pk).update(state="refunded")
    assert told(bob, LAPTOP) == (False, None, False)


def test_addresses_live_for_two_minutes_at_most_and_nothing_is_rewound(show: Broadcast, hold: Hold, bob: User) -> None:
    from streaming.playback import playback_url

    hold(bob, event_of(show))
    now = timezone.now()

    url = playback_url(show, now)
    assert timedelta(minutes=1) <= url.expires_at - now <= timedelta(minutes=2)
    assert url.renew_at - now < timedelta(seconds=devices.LEASE_S)
    assert replay_of(bob, show).recordings == ()
