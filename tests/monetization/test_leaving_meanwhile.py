"""Somebody's account is deleted while money of theirs moves: one waits for the other, and neither for ever."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts import deletion
from accounts.errors import AccountsError
from accounts.models import Channel, User
from ads.models import Advertiser, Campaign
from ads.reviewing import reject
from monetization import gifts
from monetization.contracts import month_after
from monetization.errors import MonetizationError, NotForSale
from monetization.gateway import Charge, Reversal, TransferFacts
from monetization.gifts import Wish
from monetization.models import Contract, GivenMonth, Payment, Payout, Tier
from monetization.money import Money
from monetization.renewals import open_due
from monetization.settling import settle
from monetization.subscriptions import grant
from monetization.tickets import _reserve
from monetization.tiers import open_tier
from monetization.transferring import settle_transfer
from tests.monetization.conftest import Sell
from tests.monetization.sandbox import Sandbox
from tests.sockets import attend

pytestmark = pytest.mark.usefixtures("fresh_house")

EURO = Money(100, "eur")
NOW = timezone.now()
A_MONTH_AGO = month_after(NOW, -1)
WITHIN_S = 20
numbers = count(1)
Act = Callable[[], object]


class Here:
    """A streamer with a tier, and somebody with a card: other ones each time."""

    def __init__(self, sandbox: Sandbox) -> None:
        number = next(numbers)
        self.owner = User.objects.create(username=f"owner{number}")
        self.channel = Channel.objects.create(name=f"channel{number}", owner=self.owner)
        self.tier: Tier = open_tier(
            channel=self.channel,
            by=self.owner,
            name="Friends",
            about="",
            perk_codes=[],
            price=EURO,
            now=A_MONTH_AGO,
        )
        self.payer, self.guest = (User.objects.create(username=f"{who}{number}") for who in ("payer", "guest"))
        self.card = sandbox.save_card(self.payer)

    def contract(self, user: User) -> Contract:
        row = grant(user=user, channel=self.channel, tier=self.tier, starts_at=A_MONTH_AGO)
        facts: dict[str, Any] = {"state": "running", "months_paid": 1, "paid_until": NOW, "next_try_at": NOW}
        return Contract.objects.create(
            user=user, channel=self.channel, tier=self.tier, opened_at=A_MONTH_AGO, subscription=row, **facts
        )

    def renewal(self) -> Act:
        contract = self.contract(self.payer)
        return lambda: open_due(contract.pk, NOW)

    def gift_is_opened(self) -> Act:
        attend(f"channel.{self.channel.name}", self.guest)
        return lambda: gifts._open(self.payer, Wish(self.tier), self.card, "", NOW)

    def gift_is_settled(self) -> Act:
        """Of a month to somebody who pays there already."""
        self.contract(self.guest)
        payment = gifts._open(self.payer, Wish(self.tier, self.guest), self.card, "", NOW)
        charge = Charge(f"pi_{payment.pk}", str(payment.pk), "paid", EURO, Money(27, "eur"))
        return lambda: settle(charge, NOW)

    def transfer_comes_back(self) -> Act:
        facts: dict[str, Any] = {"made_at": NOW, "asked_at": NOW, "settled_at": NOW}
        payout = Payout.objects.create(
            creator=self.owner,
            currency="eur",
            amount_minor=100,
            state="paid",
            provider_id=f"tr_{self.owner.pk}",
            destination="acct_1",
            **facts,
        )
        back = (Reversal(f"trr_{payout.pk}", EURO),)
        told = TransferFacts(payout.provider_id, str(payout.pk), "acct_1", EURO, back)
        return lambda: settle_transfer(told, NOW)

    def campaign_is_rejected(self) -> Act:
        facts: dict[str, Any] = {"website": "https://a.example/", "currency": "eur", "created_at": NOW}
        advertiser = Advertiser.objects.create(owner=self.owner, name=self.owner.username, **facts)
        campaign = Campaign.objects.create(advertiser=advertiser, name="Autumn", state="review", created_at=NOW)
        return lambda: reject(campaign=campaign, by=self.guest)


Refused = type[Exception] | None
# What is done, who leaves meanwhile, the lock that was taken too early once, and what is refused to whoever comes
# second: the one who leaves, or what is done.
CASES: list[tuple[Callable[[Here], Act], str, str, Refused, Refused]] = [
    (Here.renewal, "payer", "monetization_contract", None, None),
    (Here.renewal, "owner", "monetization_contract", None, None),
    (Here.gift_is_opened, "owner", "accounts_channel", None, NotForSale),
    (Here.gift_is_settled, "guest", "monetization_contract", None, None),
    (Here.gift_is_settled, "owner", "monetization_payment", AccountsError, None),
    (Here.transfer_comes_back, "owner", "monetization_payout", AccountsError, None),
    (Here.campaign_is_rejected, "owner", "ads_campaign", None, None),
]


@pytest.mark.django_db(transaction=True)
def test_whoever_leaves_and_what_is_charged_meanwhile_wait_for_each_other_in_one_order(sandbox: Sandbox) -> None:
    for make, who, lock, leaving_refused, act_refused in CASES:
        for is_first in (True, False):
            here = Here(sandbox)
            act, leaver = make(here), getattr(here, who)
            what = f"{make.__name__}, {who} leaves {'second' if is_first else 'first'}"
            leaving = lambda leaver=leaver: deletion.forget(user=leaver, by=leaver, now=NOW)  # noqa: E731
            if is_first:
                both(act, lock, leaving, what, leaving_refused)
            else:
                both(leaving, "accounts_user", act, what, act_refused)
            leaver.refresh_from_db()
            assert leaver.deleted_at or make is not Here.renewal, what

    assert GivenMonth.objects.given().exists()


@pytest.mark.django_db(transaction=True)
def test_a_ticket_that_is_being_bought_keeps_its_seller(sandbox: Sandbox, sell: Sell, alice: User) -> None:
    event, here = sell(), Here(sandbox)

    both(
        lambda: _reserve(here.payer, event, here.card, "", timezone.now()),
        "monetization_ticketedevent",
        lambda: deletion.forget(user=alice, by=alice, now=NOW),
        "ticket",
        AccountsError,
    )

    alice.refresh_from_db()
    assert alice.deleted_at is None
    assert Payment.objects.get().creator == alice


def both(first: Act, lock: str, second: Act, what: str, refused: Refused) -> None:
    """Let the first get as far as that table's lock, the second as far as it comes meanwhile, then both go on; that
    error and no other comes of it."""
    has_lock, is_done, may_go_on = (threading.Event() for _ in range(3))
    refusals, failures = set[type[BaseException]](), list[BaseException]()
    pids: dict[str, int] = {}

    def run(name: str, act: Act, *, stops: bool) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                pids[name] = cursor.fetchone()[0]
            with stopping_at(lock, has_lock, may_go_on) if stops else nullcontext():
                act()
        except (AccountsError, MonetizationError) as error:
            refusals.add(type(error))
        except BaseException as error:  # noqa: BLE001 told in the test's own thread
            failures.append(error)
        finally:
            if stops:
                is_done.set()
            connection.close()

    one = threading.Thread(target=run, args=["first", first], kwargs={"stops": True})
    other = threading.Thread(target=run, args=["second", second], kwargs={"stops": False})
    one.start()
    deadline = time.monotonic() + WITHIN_S
    while not has_lock.wait(0.01) and not is_done.is_set():
        assert time.monotonic() < deadline, what
    assert has_lock.is_set(), (what, failures, refusals)
    other.start()
    deadline = time.monotonic() + WITHIN_S
    while other.is_alive() and not is_waiting(pids.get("second", 0)):
        assert time.monotonic() < deadline, what
        other.join(0.01)
    may_go_on.set()
    for thread in (one, other):
        thread.join(WITHIN_S)
        assert not thread.is_alive(), what
    if failures:
        raise AssertionError(what) from failures[0]
    assert refusals == ({refused} if refused else set()), what


@contextmanager
def stopping_at(table: str, has_lock: threading.Event, may_go_on: threading.Event) -> Iterator[None]:
    """Stop once rows of a table are locked, until it is told to go on."""
    locks = re.compile(rf'FROM "{table}".*FOR (NO KEY )?UPDATE', re.DOTALL)

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if not has_lock.is_set() and locks.search(sql):
            has_lock.set()
            assert may_go_on.wait(WITHIN_S)
        return result

    with connection.execute_wrapper(watch):
        yield


def is_waiting(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted)", [pid])
        return bool(cursor.fetchone()[0])
