"""Goals, top supporters and overlays of tips, and what each broadcast brought."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actions import block
from accounts.models import AuditEntry, BlockedWord, Channel, User
from ads.models import AdCharge, Advertiser, Campaign, LineItem
from ads.summing import note_earnings
from monetization import actions, goals, tip_overlays
from monetization.by_broadcast import earned_with
from monetization.errors import GoalInThePast, TooLittle
from monetization.gateway import RefundFacts
from monetization.gifts import Wish, give
from monetization.models import Card, FeeRule, Payment, TipGoal
from monetization.money import Money
from monetization.refunding import settle_refund
from monetization.supporters import top_supporters
from monetization.tiers import open_tier
from realtime import outbox
from realtime.errors import NotAllowed
from realtime.publishing import LARGEST_EVENT, encode_event
from realtime.topics import open_topic
from streaming.models import Broadcast
from tests.monetization.sandbox import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


def eur(minor: int) -> Money:
    return Money(minor, "eur")


def tip(card: Card, channel: Channel, minor: int, message: str = "", **facts: Any) -> Payment:
    return actions.give_tip(
        giver=card.user, channel=channel, amount=eur(minor), message=message, card=card, now=timezone.now(), **facts
    )


def refund(payment: Payment, minor: int) -> None:
    facts = RefundFacts(f"re_{payment.pk}", "", payment.provider_id, eur(minor), "paid")
    settle_refund(facts, timezone.now())


def set_goal(channel: Channel, minor: int = 5000, title: str = "A lamp", **facts: Any) -> TipGoal:
    facts = {"ends_at": None, "now": timezone.now()} | facts
    assert channel.owner is not None
    return actions.set_goal(channel=channel, title=title, amount=eur(minor), by=channel.owner, **facts)


def goal_now(channel: Channel) -> Any:
    return open_topic(None, f"{goals.TOPIC}.{channel.pk}")


def test_a_goal_counts_what_is_given_from_then_on_less_what_goes_back(card: Card, tipped: Channel) -> None:
    tip(card, tipped, 900)
    set_goal(tipped)
    tip(card, tipped, 1000)
    refund(tip(card, tipped, 500), 200)

    progress = goals.progress_of(tipped, timezone.now())

    assert progress is not None
    assert (progress.raised, progress.percent) == (eur(1300), 26)
    assert goal_now(tipped)["goal"] == {
        "title": "A lamp", "currency": "EUR", "raised": "13.00", "wanted": "50.00", "percent": 26
    }  # fmt: skip


def test_a_channel_has_one_goal_which_ends(tipped: Channel, alice: User) -> None:
    now = timezone.now()
    set_goal(tipped, title="First", ends_at=now + timedelta(days=1))
    set_goal(tipped, title="Second", ends_at=now + timedelta(days=1))

    assert goal_now(tipped)["goal"]["title"] == "Second"
    assert goals.progress_of(tipped, now + timedelta(days=2)) is None
    actions.close_goal(channel=tipped, by=alice, now=now)
    assert goal_now(tipped)["goal"] is None
    assert AuditEntry.objects.filter(action__contains="goal of tips", actor=alice).count() == 3
    with pytest.raises(GoalInThePast):
        set_goal(tipped, ends_at=now)
    with pytest.raises(TooLittle):
        set_goal(tipped, minor=1)


def test_top_supporters_are_those_who_want_to_be(
    card: Card, tipped: Channel, alice: User, dave: User, carol: User, erin: User, sandbox: Sandbox
) -> None:
    old = tip(card, tipped, 9000)
    Payment.objects.filter(pk=old.pk).update(settled_at=timezone.now() - timedelta(days=31))
    on_air = Broadcast.objects.create(channel=tipped, started_at=timezone.now())
    tip(card, tipped, 500)
    daves = sandbox.save_card(dave)
    refund(tip(daves, tipped, 1000), 800)
    refund(tip(daves, tipped, 1000), 1000)
    tip(daves, tipped, 5000, is_anonymous=True)
    tip(sandbox.save_card(carol), tipped, 5000)
    actions.set_wishes(user=carol, takes_gifts=True, is_ranked=False)
    tip(sandbox.save_card(erin), tipped, 5000)
    block(user=alice, other=erin)

    spans = top_supporters(tipped, on_air, timezone.now())

    assert {one.span: [(s.user.username, s.amount.amount_minor) for s in one.people] for one in spans} == {
        "broadcast": [("bob", 500), ("dave", 200)],
        "lately": [("bob", 500), ("dave", 200)],
        "ever": [("bob", 9500), ("dave", 200)],
    }


def test_the_channel_shows_both_at_a_constant_cost(card: Card, tipped: Channel, sandbox: Sandbox, dave: User) -> None:
    set_goal(tipped, title="<b>lamp")
    tip(card, tipped, 500)
    client = Client()

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get("/@alice").status_code == 200
        return len(found)

    page = client.get("/@alice").content.decode()
    assert "€5.00 of €50.00" in page
    assert "&lt;b&gt;lamp" in page
    assert "Top supporters ever" in page
    few = queries()
    tip(sandbox.save_card(dave), tipped, 700)
    assert queries() == few


def test_alerts_have_no_held_words_until_they_are_shown(
    card: Card, tipped: Channel, alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    BlockedWord.objects.create(channel=tipped, text="darn")
    tip_overlays.renew(channel=tipped, by=alice)
    topic = tip_overlays.topic_of(tipped)
    with heard(topic) as events, django_capture_on_commit_callbacks(execute=True):
        held = tip(card, tipped, 500, "Darn good")
        tip(card, tipped, 600, "Hello", is_anonymous=True)
        actions.show_words(tip=held.tip, by=alice)

    alerts = [(one["name"], one["amount"], one["message"]) for one in events() if one["type"] == "tip"]
    assert alerts == [("bob", "€5.00", ""), ("", "€6.00", "Hello"), ("bob", "€5.00", "Darn good")]


def test_an_overlay_that_is_back_is_told_what_it_may_have_missed(
    card: Card, tipped: Channel, alice: User, sandbox: Sandbox
) -> None:
    """What the running broadcast was given in the last minutes, but for what went back or waits to be read."""
    now = timezone.now()
    BlockedWord.objects.create(channel=tipped, text="darn")
    tip_overlays.renew(channel=tipped, by=alice)

    def told() -> list[tuple[str, str, str]]:
        event: Any = open_topic(None, tip_overlays.topic_of(tipped))
        assert event["type"] == "goal"
        assert len(encode_event("x", event)) < LARGEST_EVENT
        return [(one["name"], one["amount"], one["message"]) for one in event["missed"]]

    tip(card, tipped, 100, "While dark")
    on_air = Broadcast.objects.create(channel=tipped, started_at=now)
    old = tip(card, tipped, 200, "Long ago")
    Payment.objects.filter(pk=old.pk).update(settled_at=now - timedelta(minutes=6))
    refund(tip(card, tipped, 300, "Went back"), 100)
    held = tip(card, tipped, 400, "Darn good")
    tip(card, tipped, 500, "Hello")
    tip(card, tipped, 600, "Hush", is_anonymous=True)

    assert told() == [("bob", "€5.00", "Hello"), ("", "€6.00", "Hush")]

    actions.show_words(tip=held.tip, by=alice)
    assert told()[0] == ("bob", "€4.00", "Darn good")
    Payment.objects.filter(tip__message="Hello").update(disputed_minor=500)
    assert ("bob", "€5.00", "Hello") not in told()
    for _ in range(9):
        cache.clear()
        tip(card, tipped, 500, "😀" * 200)
    assert len(told()) == 8
    Broadcast.objects.filter(pk=on_air.pk).update(state="ended", ended_at=timezone.now())
    assert told() == []


class heard:
    """What is published on a topic within a block, answered as it came."""

    def __init__(self, topic: str) -> None:
        from realtime import broker

        self._pubsub: Any = broker.client().pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        self._pubsub.subscribe(broker.channel_of(topic))
        self._pubsub.get_message(timeout=1)

    def __enter__(self) -> Any:
        return self._read

    def __exit__(self, *_error: object) -> None:
        pass

    def _read(self) -> list[dict[str, Any]]:
        found = []
        while message := self._pubsub.get_message(timeout=0.3):
            found.append(json.loads(message["data"]))
        self._pubsub.close()
        return found


def test_an_address_that_was_reset_is_worthless(tipped: Channel, alice: User) -> None:
    tip_overlays.renew(channel=tipped, by=alice)
    old = tip_overlays.key_of(tipped)
    tip_overlays.renew(channel=tipped, by=alice)

    client = Client()
    assert client.get(f"/overlays/tips/{old}/goal").status_code == 404
    assert client.get(f"/overlays/tips/{tip_overlays.key_of(tipped)}/alerts").status_code == 200
    with pytest.raises(NotAllowed):
        open_topic(None, f"{tip_overlays.PREFIX}.{old}")


def test_the_chat_doesnt_name_who_gave_without_their_name(card: Card, tipped: Channel) -> None:
    from chat.models import Message

    tip(card, tipped, 500, "Hello", is_anonymous=True)
    while outbox.deliver_next(timezone.now()) is not None:
        pass

    line = Message.objects.get()
    assert (line.kind, "person" in line.facts) == ("tip_words_unnamed", False)


def test_what_each_broadcast_brought(card: Card, tipped: Channel, alice: User, dave: User, sandbox: Sandbox) -> None:
    now = timezone.now()
    FeeRule.objects.create(kind="tip", rate_bp=1000, starts_at=now - timedelta(days=1))
    tier = open_tier(channel=tipped, by=alice, name="Friends", about="", perk_codes=[], price=eur(200), now=now)
    tip(card, tipped, 900)
    first = Broadcast.objects.create(channel=tipped, started_at=now - timedelta(hours=3), title="First")
    refund(tip(card, tipped, 1000), 500)
    actions.subscribe(user=card.user, tier=tier, card=card, country="", now=now)
    Broadcast.objects.filter(pk=first.pk).update(state="ended", ended_at=now)
    second = Broadcast.objects.create(channel=tipped, started_at=now, title="Second")
    give(giver=card.user, wish=Wish(tier, dave), card=card, country="", now=now)
    charge(tipped, second, 5_000_000)

    earned = earned_with(tipped, alice, [second, first])

    found = {(one.broadcast.title, one.kind): one.figures for one in earned}
    assert {key: (one.gross, one.refunds, one.net) for key, one in found.items()} == {
        ("First", "tip"): (1000, 500, 430),
        ("First", "subscription"): (200, 0, 172),
        ("Second", "gift"): (200, 0, 172),
        ("Second", "ads"): (500, 0, 300),
    }
    for one in found.values():
        assert one.gross - one.refunds - one.card_fees - one.platform - one.tax == one.net
    client = Client()
    client.force_login(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            assert "By broadcast" in client.get("/studio/alice/earnings").content.decode()
        return len(made)

    few = queries()
    tip(card, tipped, 700)
    tip(sandbox.save_card(dave), tipped, 700)
    assert queries() == few
    table = client.get(f"/studio/alice/earnings/broadcasts-{now.year}.csv").content.decode()
    assert "Second,gift,EUR,2.00,0.00,0.28,0.00,0.00,1.72" in table


def charge(channel: Channel, broadcast: Broadcast, micros: int) -> None:
    """An ad of which the streamer has three fifths."""
    assert channel.owner is not None
    now = timezone.now()
    facts: dict[str, Any] = {"name": "Bakery", "website": "https://b.example/", "currency": "eur", "created_at": now}
    advertiser = Advertiser.objects.create(owner=User.objects.create(username="gina"), **facts)
    campaign = Campaign.objects.create(advertiser=advertiser, name="Bread", created_at=now)
    line = LineItem.objects.create(
        campaign=campaign, name="All", format="pre", price_micros=1, budget_micros=1, starts_at=now
    )
    made = AdCharge.objects.create(
        offer="o1",
        line=line,
        advertiser=advertiser,
        channel=channel,
        creator=channel.owner,
        broadcast=broadcast,
        format="pre",
        event="view",
        currency="eur",
        gross_micros=micros,
        streamer_micros=micros * 3 // 5,
        platform_micros=micros * 2 // 5,
        happened_at=now,
        clears_at=now,
    )
    note_earnings([made])


def test_what_is_paid_while_it_is_read_is_read_the_next_time(card: Card, tipped: Channel, alice: User) -> None:
    broadcast = Broadcast.objects.create(channel=tipped, started_at=timezone.now())
    tip(card, tipped, 1000)
    late = Payment.objects.filter(pk=tip(card, tipped, 500).pk)
    late.update(state="asked")

    def pay_first(execute: Any, sql: str, *rest: Any) -> Any:
        if 'FROM "monetization_ledgerline"' in sql:
            late.update(state="paid")
        return execute(sql, *rest)

    with connection.execute_wrapper(pay_first):
        (earned,) = earned_with(tipped, alice, [broadcast])

    assert earned.figures.gross == 1000
    assert earned_with(tipped, alice, [broadcast])[0].figures.gross == 1500


def test_a_payment_is_of_what_the_channel_shows(card: Card, tipped: Channel) -> None:
    now = timezone.now()
    shown = Broadcast.objects.create(channel=tipped, started_at=now - timedelta(hours=1))
    Broadcast.objects.create(channel=tipped, started_at=now, is_on_channel=False)

    assert tip(card, tipped, 500).broadcast == shown


def test_what_went_back_and_is_in_dispute_counts_for_nothing(
    card: Card, tipped: Channel, dave: User, sandbox: Sandbox
) -> None:
    set_goal(tipped)
    gone = tip(card, tipped, 500)
    Payment.objects.filter(pk=gone.pk).update(refunded_minor=500, disputed_minor=500)
    tip(card, tipped, 700)
    tip(sandbox.save_card(dave), tipped, 600)

    progress = goals.progress_of(tipped, timezone.now())

    assert progress is not None
    assert progress.raised == eur(1300)
    (ever,) = (one for one in top_supporters(tipped, None, timezone.now()) if one.span == "ever")
    assert [one.amount.amount_minor for one in ever.people] == [700, 600]
