"""A process that dies at any moment of a purchase or a payout: nobody is charged or paid twice, all is settled once."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, connections
from django.db.models import Sum
from django.utils import timezone

from accounts.models import Channel, User
from ads.actions import top_up
from ads.models import Advertiser, TopUp
from ads.spending import pool
from monetization import connecting, hearing
from monetization.gateway import _gateway, open_gateway
from monetization.ledger import GATEWAY, balance_of, in_transit, payable
from monetization.models import Bookmark, Card, LedgerEntry, Payment, Payout, TipSettings
from monetization.models.attempts import Purchase
from monetization.money import Money
from monetization.paying_out import pay_now
from monetization.sweeping import sweep
from monetization.tips import TIP_PAID, give_tip
from monetization.whereabouts import move
from realtime.models import OutboxEvent
from tests.monetization.sandbox import Sandbox
from tests.monetization.test_payouts import earn

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fresh_house")]

FIVE, TEN = Money(500, "eur"), Money(1000, "eur")
KILLED, FAILED = 137, 1
MOST_STATEMENTS = 60


def in_a_fork(act: Callable[[], object]) -> int:
    """Run this in a process of its own, with connections of its own; how it ended."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        # Sockets that the parent has open are the parent's.
        _gateway.cache_clear()
        try:
            act()
        except BaseException:  # noqa: BLE001 nothing may come back into the parent's test
            os._exit(FAILED)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def give(card: Card, channel: Channel) -> Payment:
    return give_tip(giver=card.user, channel=channel, amount=FIVE, message="", card=card, now=timezone.now())


def prepay(card: Card, channel: Channel) -> TopUp:
    now = timezone.now()
    facts = {"name": "Bakery", "website": "https://b.example/", "currency": "eur", "state": "verified"}
    advertiser, _new = Advertiser.objects.get_or_create(owner=card.user, defaults=facts | {"created_at": now})
    return top_up(advertiser=advertiser, amount=TEN, card=card, now=now)


def prepaid() -> int:
    """How many times ten euros are there to be spent on ads."""
    return sum(pool(one).amount_minor for one in Advertiser.objects.all()) // TEN.amount_minor


@dataclass(frozen=True)
class Sale:
    """Something that is bought by card, and how many times what follows it has happened."""

    kind: str
    buy: Callable[[Card, Channel], Purchase]
    rows: type[Purchase]
    followed: Callable[[], int]


TIP = Sale("tip", give, Payment, lambda: OutboxEvent.objects.filter(kind=TIP_PAID).count())
TOP_UP = Sale("ad-top-up", prepay, TopUp, prepaid)


def killed_at(statement: int, act: Callable[[], object]) -> int:
    """Have a process killed right before its nth statement reaches the database."""

    def run() -> None:
        count = 0

        def count_down(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            nonlocal count
            count += 1
            if count == statement:
                os._exit(KILLED)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(count_down):
            act()

    return in_a_fork(run)


def repair() -> None:
    """What beat does by itself, some minutes later."""
    now = timezone.now()
    hearing.catch_up(now)
    sweep(now + timedelta(minutes=2))


@pytest.mark.parametrize(
    ("sale", "every"),
    [
        pytest.param(TIP, 3, id="tip"),
        pytest.param(TOP_UP, 4, id="top-up"),
        pytest.param(TIP, 1, id="every-tip", marks=[pytest.mark.soak, pytest.mark.slow_ok]),
        pytest.param(TOP_UP, 1, id="every-top-up", marks=[pytest.mark.soak, pytest.mark.slow_ok]),
    ],
)
def test_killed_before_any_statement_what_is_bought_is_paid_once_or_not_at_all(
    sandbox: Sandbox, alice_channel: Channel, bob: User, sale: Sale, every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each third or fourth statement; before each one in `make soak`."""
    # What the sandbox has of other tests is none of this one's.
    monkeypatch.setattr(hearing, "OVERLAP", timedelta(seconds=5))
    Bookmark.objects.create(name=hearing.EVENTS, read_until=timezone.now())
    TipSettings.objects.create(channel=alice_channel, is_on=True, currency="eur")
    card = sandbox.save_card(bob)
    gateway, customer, outcomes = open_gateway(), bob.customer.provider_id, []
    taken_before, rows = 0, sale.rows._default_manager.all()
    for statement in range(1, MOST_STATEMENTS, every):
        # Nobody may give as often as this.
        cache.clear()
        known = rows.count()
        ended = killed_at(statement, lambda: sale.buy(card, alice_channel))
        repair()

        assert not rows.filter(state__in=["asked", "action"]).exists()
        page = gateway._client.v1.payment_intents.list({"customer": customer, "limit": 100})
        taken = [one for one in page.auto_paging_iter() if one.status == "succeeded"]
        paid = rows.filter(state="paid")
        assert len(taken) == paid.count() == sale.followed()
        assert LedgerEntry.objects.filter(kind=sale.kind).count() == paid.count()
        assert len(taken) - taken_before == rows.count() - known
        taken_before = len(taken)
        outcomes.append(ended)
        if ended == 0:
            break

    assert outcomes[-1] == 0, "it takes more statements than were tried"
    assert outcomes[:-1] == [KILLED] * (len(outcomes) - 1)
    assert len(outcomes) > 15 // every
    one = gateway.find_charge(taken[0].id)
    assert one.amount is not None
    assert one.fee is not None
    assert balance_of(GATEWAY, "eur").amount_minor == (one.fee - one.amount).amount_minor * taken_before


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=[pytest.mark.soak, pytest.mark.slow_ok])])
def test_killed_before_any_statement_a_payout_is_made_once_or_not_at_all(
    sandbox: Sandbox, alice: User, every: int
) -> None:
    now = timezone.now()
    move(creator=alice, country="FR", by=alice, now=now)
    account = connecting.open_account(user=alice, now=now)
    sandbox.ask(f"/sandbox/accounts/{account.provider_id}", outcome="all")
    sandbox.ask("/sandbox/topups", amount="100000000", currency="eur")
    account = connecting.look_at(account, now)
    gateway, outcomes = open_gateway(), list[int]()
    for statement in range(1, MOST_STATEMENTS, every):
        earn(alice, 100, now)
        cache.clear()
        ended = killed_at(statement, lambda: pay_now(creator=alice, currency="eur", by=alice, now=timezone.now()))
        sweep(timezone.now() + timedelta(minutes=5))

        assert not Payout.objects.under_way().exists()
        page = gateway._client.v1.transfers.list({"destination": account.provider_id, "limit": 100})
        made = sorted(one.id for one in page.auto_paging_iter())
        assert made == sorted(Payout.objects.filter(state="paid").values_list("provider_id", flat=True))
        paid = Payout.objects.aggregate(total=Sum("amount_minor"))["total"] or 0
        assert paid + balance_of(payable(alice), "eur").amount_minor == 100 * (len(outcomes) + 1)
        outcomes.append(ended)
        if ended == 0:
            break

    assert outcomes[-1] == 0, "a payout takes more statements than were tried"
    assert outcomes[:-1] == [KILLED] * (len(outcomes) - 1)
    assert len(outcomes) > 15 // every
    assert balance_of(in_transit(alice), "eur") == Money(0, "eur")
