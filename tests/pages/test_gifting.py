"""Giving months to others, and being given one, as pages show it."""

import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Channel, User
from chat.models import Message
from monetization.gifts import Wish, decline, give
from monetization.models import GivenMonth, Payment, Tier, Wishes
from monetization.money import Money
from monetization.tiers import open_tier
from realtime import outbox
from tests.monetization.sandbox import DECLINED_LATER, Sandbox
from tests.sockets import attend

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

PAGE = "/@alice/gift"


@pytest.fixture
def tier(alice_channel: Channel, alice: User) -> Tier:
    euro = Money(100, "eur")
    return open_tier(
        channel=alice_channel, by=alice, name="Friends", about="", perk_codes=[], price=euro, now=timezone.now()
    )


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_bob(tier: Tier, bob: User, sandbox: Sandbox) -> Client:
    sandbox.save_card(bob)
    return client_of(bob)


def wish(bob: User, tier: Tier, /, **facts: object) -> dict[str, object]:
    return {"tier": tier.pk, "to": "one", "name": "dave", "card": bob.cards.get().pk} | facts


def hidden(page: str) -> dict[str, str]:
    """What the page that asks once more sends."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


def test_one_person_is_given_a_month_by_two_clicks(as_bob: Client, tier: Tier, bob: User, dave: User) -> None:
    assert PAGE in as_bob.get("/@alice").content.decode()

    sure = as_bob.post(PAGE, wish(bob, tier)).content.decode()
    assert "€1.00" in sure
    assert not Payment.objects.exists()
    answer = as_bob.post(PAGE, hidden(sure))

    payment = Payment.objects.get()
    assert answer.headers["Location"] == f"/money/payments/{payment.pk}"
    receipt = as_bob.get(f"/money/payments/{payment.pk}").content.decode()
    assert "Gift" in receipt
    assert "dave" in receipt
    mine = client_of(dave)
    assert "Given by" in mine.get("/settings/subscriptions").content.decode()
    assert "gave you a month" in mine.get("/notifications/").content.decode()
    month = GivenMonth.objects.get()
    assert client_of(bob).post(f"/settings/subscriptions/gifts/{month.pk}/decline").status_code == 404
    mine.post(f"/settings/subscriptions/gifts/{month.pk}/decline")
    assert "declined" in mine.get("/settings/subscriptions").content.decode()


def test_fewer_are_told_before_they_are_paid(
    as_bob: Client, tier: Tier, bob: User, carol: User, dave: User, erin: User
) -> None:
    attend("channel.alice", bob, carol, dave)
    assert "2 people here can be given a month" in as_bob.get(PAGE).content.decode()

    sure = as_bob.post(PAGE, wish(bob, tier, to="here", count="9")).content.decode()
    assert "Only 2 people" in sure
    # Whoever comes after that isn't paid for.
    attend("channel.alice", erin)
    as_bob.post(PAGE, hidden(sure))

    assert Payment.objects.get().amount == Money(200, "eur")
    assert GivenMonth.objects.given().count() == 2


def test_another_price_is_asked_about_again(as_bob: Client, tier: Tier, bob: User, dave: User) -> None:
    sure = as_bob.post(PAGE, wish(bob, tier)).content.decode()
    tier.prices.update(amount_minor=50)

    again = as_bob.post(PAGE, hidden(sure)).content.decode()

    assert "€0.50" in again
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"name": "nobody"}, "There is nobody by that name."),
        ({"name": "alice"}, "be given this tier here"),
        ({"to": "here", "count": "101"}, "From 1 to 100."),
        ({"to": "here", "count": "5"}, "Nobody who could be given a month is here just now"),
        ({"tier": "0"}, "Select a valid choice"),
    ],
)
def test_what_cant_be_given_says_why(as_bob: Client, tier: Tier, bob: User, facts: dict[str, str], says: str) -> None:
    answer = as_bob.post(PAGE, wish(bob, tier, **facts))

    assert answer.status_code == 422
    assert says in answer.content.decode()


@pytest.mark.parametrize(
    ("facts", "kind", "said"),
    [
        ({}, "gifts", {"person": "bob", "count": 2, "tier": "Friends"}),
        ({"is_anonymous": True}, "gifts_unnamed", {"count": 2, "tier": "Friends"}),
    ],
)
def test_the_chat_says_it_once(
    tier: Tier, bob: User, carol: User, dave: User, sandbox: Sandbox, facts: dict[str, bool], kind: str, said: object
) -> None:
    attend("channel.alice", carol, dave)
    card = sandbox.save_card(bob)
    give(giver=bob, wish=Wish(tier, None, 2, **facts), card=card, country="", now=timezone.now())

    while outbox.deliver_next(timezone.now()) is not None:
        pass

    (line,) = Message.objects.exclude(kind="said")
    assert (line.kind, line.facts) == (kind, said)


def test_wishes_are_kept_and_lists_cost_the_same(as_bob: Client, tier: Tier, bob: User, sandbox: Sandbox) -> None:
    as_bob.post("/settings/subscriptions/wishes", {"is_ranked": "on"})
    wishes = Wishes.objects.get(user=bob)
    assert (wishes.takes_gifts, wishes.is_ranked) == (False, True)
    as_bob.post("/settings/subscriptions/wishes", {"takes_gifts": "on"})

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            as_bob.get("/settings/subscriptions")
        return len(found)

    def given(name: str) -> None:
        giver = User.objects.create(username=name, email=f"{name}@example.com")
        card = sandbox.save_card(giver)
        give(giver=giver, wish=Wish(tier, bob), card=card, country="", now=timezone.now())

    given("gina")
    few = queries()
    given("hugo")
    assert queries() == few


def studio_page(alice: User, query: str = "") -> str:
    return client_of(alice).get(f"/studio/alice/subscriptions{query}").content.decode()


def test_the_studio_lists_who_gave_how_many_to_whom(
    as_bob: Client, tier: Tier, alice: User, bob: User, dave: User, sandbox: Sandbox
) -> None:
    assert "Nobody has given anybody a month yet" in studio_page(alice)
    guests = [User.objects.create(username=f"guest{number}") for number in range(3)]
    attend("channel.alice", *guests)
    card, now = bob.cards.get(), timezone.now()
    give(giver=bob, wish=Wish(tier, None, 3), card=card, country="", now=now)
    give(giver=bob, wish=Wish(tier, dave, is_anonymous=True), card=card, country="", now=now)
    declining = User.objects.create(username="declined")
    give(giver=bob, wish=Wish(tier, declining), card=sandbox.save_card(bob, DECLINED_LATER), country="", now=now)
    decline(month=GivenMonth.objects.get(recipient=dave), now=now)

    rows = re.findall(r'<li class="row-item">(?:(?!</li>).)*month.*?</li>', studio_page(alice), re.S)

    texts = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]
    assert len(texts) == 2
    assert "Somebody · 1 month of Friends" in texts[0]
    assert f"{dave.shown_name} (declined)" in texts[0]
    assert bob.shown_name not in texts[0]
    assert f"{bob.shown_name} · 3 months of Friends" in texts[1]
    assert all(guest.username in texts[1] for guest in guests)
    assert "€3.00" in texts[1]


def test_the_studios_list_of_gifts_has_pages_and_costs_the_same(
    as_bob: Client, tier: Tier, alice: User, bob: User
) -> None:
    card = bob.cards.get()

    def given(name: str) -> None:
        wish = Wish(tier, User.objects.create(username=name))
        # Twelve in a minute are more than one person gives.
        cache.clear()
        give(giver=bob, wish=wish, card=card, country="", now=timezone.now())

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            studio_page(alice)
        return len(found)

    given("first")
    studio_page(alice)
    few = queries()
    for number in range(12):
        given(f"friend{number}")

    assert queries() == few
    assert "Page 1 of 2" in studio_page(alice)
    assert "first" in studio_page(alice, "?gifts=2")
    assert "friend0" not in studio_page(alice, "?gifts=2")
