"""What stands behind the doors: alice's channel with its crew, a channel that is shut, and what both have shown."""

import copy
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.actions import appoint, block
from accounts.following import follow
from accounts.models import BlockedWord, Channel, ChannelRole, User
from ads.models import Advertiser, Campaign, Creative, LineItem, TopUp
from chat import overlays
from chat.actions import open_main_room
from chat.models import Emote, Room
from monetization import tip_overlays
from monetization.banking import keep_account
from monetization.ledger import GATEWAY, payable, post
from monetization.models import Card, Contract, Customer, Gift, GivenMonth, Payment, Tip, TipSettings
from monetization.money import Money
from monetization.payouts import mark_paid, pay_one
from monetization.subscriptions import grant
from monetization.ticketing import Terms, sell_tickets
from monetization.tiers import open_tier
from spaces.models import Space
from streaming import live_store
from streaming.models import Broadcast, Category, ScheduledBroadcast, Visibility
from streaming.playback import channel_playlist_path
from streaming.recordings.models import RecordedRendition, Recording
from tests.pages.doors import LOGIN, ON, WHO, Answer

People = dict[str, Client]
World = dict[str, object]

PLAYLIST = """#EXTM3U
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-MAP:URI="source.mp4",BYTERANGE="10@0"
#EXT-X-PROGRAM-DATE-TIME:2026-06-01T12:00:00.000Z
#EXTINF:4.000,
#EXT-X-BYTERANGE:100@10
source.mp4
"""


@pytest.fixture
def people(
    alice_channel: Channel, alice: User, bob: User, carol: User, dave: User, erin: User, noon: datetime
) -> People:
    """A browser for each role on alice's channel, with somebody logged in who has a password."""
    frank = User.objects.create(username="frank", email="frank@example.com")
    Role = ChannelRole.Role
    for user, role in ((dave, Role.VIP), (carol, Role.MODERATOR), (frank, Role.EDITOR)):
        appoint(channel=alice_channel, user=user, role=role, by=alice, now=noon)
    people = {who: Client() for who in WHO}
    for who, user in zip(WHO[1:], (bob, dave, carol, frank, alice, erin), strict=True):
        user.set_password("a password")
        user.save()
        people[who].force_login(user)
    return people


@pytest.fixture
def world(people: People, alice_channel: Channel, alice: User, bob: User, noon: datetime) -> World:
    """The names that stand in the tables' paths."""
    now = timezone.now()
    Category.objects.create(name="Jazz", slug="jazz")
    shut = Channel.objects.create(name="shut", owner=alice, is_suspended=True)
    live = Broadcast.objects.create(channel=alice_channel, title="Sunrise", started_at=now, shown_at=now)
    live_store.client().set(f"hls:{live.media_path}/source", "x")
    event = ScheduledBroadcast.objects.create(
        channel=alice_channel, title="Concert", starts_at=now + timedelta(days=1), created_at=now, updated_at=now
    )
    gina = User.objects.create(username="gina", email="gina@example.com")
    others = Channel.objects.create(name="others", owner=gina)
    return (
        _chat(alice_channel, shut)
        | _money(alice_channel, alice, bob)
        | _contract(alice_channel, alice, bob)
        | _ads(alice_channel, bob)
        | {
            "live": live.pk,
            "past": _aired(alice_channel, Visibility.PUBLIC, noon),
            "followed": _aired(alice_channel, Visibility.FOLLOWERS, noon),
            "rehearsed": _aired(alice_channel, Visibility.REHEARSAL, noon),
            "hidden": _aired(shut, Visibility.PUBLIC, noon),
            "event": event.pk,
            "sold": _sold(alice_channel, alice),
            "space": _space(alice_channel, alice),
            "shut_space": _space(shut, alice),
            "tomorrow": (now + timedelta(days=1)).isoformat(),
            "token": channel_playlist_path("alice", now + timedelta(hours=1)).split("/")[5],
            "bobs_follow": follow(channel=alice_channel, user=bob).pk,
            "bobs_block": block(user=bob, other=gina).pk,
            "role": ChannelRole.objects.get(channel=alice_channel, role="vip").pk,
            "others_role": ChannelRole.objects.create(channel=others, user=bob, role="vip").pk,
        }
    )


def _space(channel: Channel, host: User) -> object:
    """A Space that is announced."""
    now = timezone.now()
    starts_at = now + timedelta(days=1)
    return Space.objects.create(
        channel=channel, host=host, title="Evening talk", starts_at=starts_at, created_at=now, updated_at=now
    ).pk


def _chat(channel: Channel, shut: Channel) -> World:
    """A room of each channel with an overlay, one for subscribers, an emote and a word that isn't wanted."""
    room = open_main_room(channel=channel)
    Room.objects.filter(pk=room.pk).update(overlay_version=1)
    room.refresh_from_db()
    return {
        "room": room.pk,
        "overlay": overlays.key_of(room),
        "side_room": Room.objects.create(channel=channel, name="Lounge", read_by="subscribers").pk,
        "shut_room": open_main_room(channel=shut).pk,
        "emote": Emote.objects.create(channel=channel, code="wave", picture="pictures/emotes/wave.webp").pk,
        "word": BlockedWord.objects.create(channel=channel, text="word").pk,
    }


def _money(channel: Channel, owner: User, payer: User) -> World:
    """A channel that takes tips, and one that was given."""
    TipSettings.objects.create(channel=channel, is_on=True, overlay_version=1)
    now = timezone.now()
    Customer.objects.create(user=payer, provider_id="cus_x")
    card = Card.objects.create(
        user=payer, provider_id="pm_x", brand="visa", last4="4242", exp_month=1, exp_year=2040, added_at=now
    )
    payment = Payment.objects.create(
        kind=Payment.Kind.TIP,
        state=Payment.State.PAID,
        payer=payer,
        channel=channel,
        creator=owner,
        card=card,
        card_label=str(card),
        customer_id_there="cus_x",
        card_id_there="pm_x",
        provider_id="pi_x",
        currency="eur",
        amount_minor=500,
        created_at=now,
        asked_at=now,
        settled_at=now,
    )
    tip = Tip.objects.create(payment=payment, message="Well done", words=Tip.Words.HELD)
    return {
        "bobs_card": card.pk,
        "payment": payment.pk,
        "tip": tip.pk,
        "tip_overlay": tip_overlays.key_of(channel),
        "payout": _payout(owner),
        "others_payout": _payout(User.objects.create(username="ivan", email="ivan@example.com")),
    }


@transaction.atomic
def _payout(creator: User) -> int:
    """Something that was paid to somebody's bank."""
    now, one = timezone.now(), Money(100, "eur")
    post(key=f"earned-{creator.pk}", kind="tip", lines=[(GATEWAY, -one), (payable(creator), one)], now=now)
    keep_account(user=creator, holder="A", number="12345678", bic="", by=creator, now=now)
    made = pay_one(creator=creator, currency="eur", least=1, by=creator, occasion="", now=now)
    return mark_paid(payout=made, reference="TX", by=creator, now=now).pk


def _ads(channel: Channel, owner: User) -> World:
    """Bob advertises, and has paid."""
    now = timezone.now()
    facts: dict[str, Any] = {"name": "Bakery", "website": "https://b.example/", "currency": "eur", "created_at": now}
    advertiser = Advertiser.objects.create(owner=owner, **facts)
    campaign = Campaign.objects.create(advertiser=advertiser, name="Bread", created_at=now)
    line = LineItem.objects.create(
        campaign=campaign, name="All", format="pre", price_micros=1, budget_micros=1, starts_at=now
    )
    creative = Creative.objects.create(
        campaign=campaign, kind="card", title="Rolls", click_url="https://b.example/", state="review", created_at=now
    )
    top_up = TopUp.objects.create(
        advertiser=advertiser, state="paid", currency="eur", amount_minor=1000, created_at=now, asked_at=now
    )
    ids = {"campaign": campaign.pk, "line": line.pk, "creative": creative.pk, "top_up": top_up.pk}
    return ids | {"alice_id": channel.pk}


def _contract(channel: Channel, owner: User, payer: User) -> World:
    """A tier, and somebody who pays for it."""
    now, euro = timezone.now(), Money(100, "eur")
    tier = open_tier(channel=channel, by=owner, name="Friends", about="", perk_codes=[], price=euro, now=now)
    contract = Contract.objects.create(
        user=payer,
        channel=channel,
        tier=tier,
        state=Contract.State.RUNNING,
        opened_at=now,
        months_paid=1,
        paid_until=now + timedelta(days=30),
    )
    month = GivenMonth.objects.create(
        gift=Gift.objects.create(payment=Payment.objects.get(), tier=tier, price_minor=100),
        recipient=payer,
        state=GivenMonth.State.GIVEN,
        subscription=grant(user=payer, channel=channel, tier=tier, starts_at=now, ends_at=now + timedelta(days=30)),
    )
    return {"tier": tier.pk, "bobs_contract": contract.pk, "bobs_month": month.pk}


def _sold(channel: Channel, owner: User) -> object:
    """Something announced to which tickets are sold."""
    now = timezone.now()
    sold = ScheduledBroadcast.objects.create(
        channel=channel, title="Gala", starts_at=now + timedelta(days=2), created_at=now, updated_at=now
    )
    sell_tickets(scheduled=sold, terms=Terms(capacity=9), price=Money(500, "eur"), by=owner, now=now)
    return sold.pk


def _aired(channel: Channel, visibility: str, noon: datetime) -> object:
    """A broadcast that is over, and its recording, ready to be watched."""
    broadcast = Broadcast.objects.create(
        channel=channel,
        visibility=visibility,
        started_at=noon,
        ended_at=noon + timedelta(seconds=4),
        state=Broadcast.State.ENDED,
    )
    recording = Recording.objects.create(
        broadcast=broadcast,
        media_path=broadcast.media_path,
        key=broadcast.media_path,
        visibility=visibility,
        state=Recording.State.READY,
        started_at=noon,
        duration_s=4,
        storyboard={"sheets": ["board-0.jpg"], "times": [0.0]},
    )
    RecordedRendition.objects.create(
        recording=recording,
        name="source",
        codecs="avc1.64001f,mp4a.40.2",
        bandwidth=1000,
        average_bandwidth=1000,
        size_bytes=110,
        recorded_s=4,
        playlist=PLAYLIST,
    )
    return broadcast.pk


def ask(client: Client, method: str, path: str, body: Mapping[str, str] | None = None) -> Answer:
    """What somebody is answered, in a word or a number. Whatever it changed is undone."""
    cookies = copy.deepcopy(client.cookies)
    undone = transaction.atomic()
    # As a test's own: what asks the card gateway insists on having no transaction around it.
    undone._from_testcase = True  # type: ignore[attr-defined]
    with undone:
        answer = _answer(client, method, path, body or {})
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer


def _answer(client: Client, method: str, path: str, body: Mapping[str, str]) -> Answer:
    reply: Any = client.post(path, body) if method == "POST" else client.generic(method, path)
    if reply.status_code in (301, 302):
        return LOGIN if reply["Location"].startswith(("/accounts/login/", "/admin/login/")) else ON
    return int(reply.status_code)
