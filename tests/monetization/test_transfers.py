"""Payouts by transfer: an account with the gateway, and each euro there once, whatever is lost or comes twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import stripe
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import deletion
from accounts.errors import AccountsError
from accounts.models import AuditEntry, Channel, Notification, User
from monetization import closing, connecting, hearing, payouts
from monetization.earnings import balances_of, earned_by_month
from monetization.errors import (
    GatewayAway,
    GatewayDisagrees,
    NoBankAccount,
    NobodyToPay,
    NothingToPay,
    NotReachedThere,
    PaidByTransfer,
)
from monetization.gateway import AccountFacts, Gateway, TransferFacts, open_gateway
from monetization.ledger import GATEWAY, balance_of, in_transit, payable, receivable
from monetization.models import Availability, ConnectedAccount, Difference, LeftAccount, Payout, WebhookEvent
from monetization.money import Money
from monetization.paying_out import pay_all, pay_now
from monetization.reconciling import reconcile
from monetization.settling import KEY_KEPT
from monetization.sweeping import sweep
from monetization.transferring import ask_transfer, open_transfer, settle_transfer
from monetization.whereabouts import move
from tests.monetization.sandbox import Sandbox, signed
from tests.monetization.test_payouts import earn, eur, with_bank

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

EARNINGS = "/studio/alice/earnings"


@pytest.fixture
def there(sandbox: Sandbox, alice: User) -> ConnectedAccount:
    """Alice lives in France, is owed 12.34 EUR, and may be paid by transfer; the house has that, whatever others' tests
    have left it with."""
    now = timezone.now()
    move(creator=alice, country="FR", by=alice, now=now)
    earn(alice, 1234, now)
    row = connecting.open_account(user=alice, now=now)
    sandbox.ask(f"/sandbox/accounts/{row.provider_id}", outcome="all")
    sandbox.ask("/sandbox/topups", amount="100000000", currency="eur")
    return connecting.look_at(row, now)


def opened(account: ConnectedAccount, minor: int = 1234, at: datetime | None = None) -> Payout:
    return open_transfer(
        creator=account.user, amount=eur(minor), account=account, by=account.user, now=at or timezone.now()
    )


def made_for(account: ConnectedAccount) -> list[int]:
    """What the gateway has transferred to an account, in minor units."""
    page = open_gateway()._client.v1.transfers.list({"destination": account.provider_id, "limit": 100})
    return [one.amount - one.amount_reversed for one in page.data]


def has(user: User) -> tuple[int, int, int]:
    """What somebody is owed, has on its way, and owes."""
    accounts = (payable(user), in_transit(user), receivable(user))
    connection.check_constraints()
    owed, way, owing = (balance_of(one, "eur").amount_minor for one in accounts)
    return owed, way, owing


def test_who_lives_where_transfers_reach_sets_it_up_on_a_page(
    sandbox: Sandbox, client: Client, alice: User, alice_channel: Channel
) -> None:
    client.force_login(alice)
    client.post(f"{EARNINGS}/country", {"country": "MA"})
    assert "To your bank" in client.get(EARNINGS).content.decode()
    assert client.get(f"{EARNINGS}/connect").headers["Location"].endswith(f"{EARNINGS}#paid-to")
    client.post(f"{EARNINGS}/country", {"country": "FR"})
    page = client.get(EARNINGS).content.decode()
    assert "Set it up" in page
    assert "To your bank" not in page

    for outcome, says in [
        ("document", "a document that shows who you are"),
        ("checking", "There is nothing for you to do"),
        ("rejected", "To your bank"),
        ("all", "You are paid by transfer"),
    ]:
        link = client.get(f"{EARNINGS}/connect").headers["Location"]
        assert link.startswith("http://testserver/payments-sandbox/connect/")
        visit = link.replace("http://testserver/payments-sandbox", f"{sandbox.url}/browser")
        assert "who you are" in httpx.get(visit).text
        sent_on = httpx.post(visit, data={"outcome": outcome}).headers["Location"]
        assert sent_on == f"http://testserver{EARNINGS}/connected"
        assert says in client.get(sent_on, follow=True).content.decode()
        # A link is for one visit; then it leads to where there is another.
        assert httpx.get(visit).headers["Location"] == f"http://testserver{EARNINGS}/connect"

    assert ConnectedAccount.objects.get().state == "active"
    kinds = Notification.objects.filter(user=alice).values_list("kind", flat=True)
    assert list(kinds) == ["account_ready"]


def test_the_house_says_where_it_pays_by_transfer(sandbox: Sandbox, alice: User, noon: datetime) -> None:
    move(creator=alice, country="FR", by=alice, now=noon)
    Availability.objects.create(feature="connect", countries=["DE"], is_allow_list=True)

    with pytest.raises(NotReachedThere):
        connecting.open_account(user=alice, now=noon)


def test_a_transfer_takes_the_balance_and_leaves_the_house(there: ConnectedAccount, alice: User, erin: User) -> None:
    before = balance_of(GATEWAY, "eur")
    payout = pay_now(creator=alice, currency="eur", by=alice, now=timezone.now())

    assert (payout.state, payout.destination, made_for(there)) == ("paid", there.provider_id, [1234])
    assert has(alice) == (0, 0, 0)
    assert balance_of(GATEWAY, "eur") - before == eur(1234)
    assert sum(one.figures.net for one in earned_by_month(alice)) == 1234
    with pytest.raises(NothingToPay):
        pay_now(creator=alice, currency="eur", by=alice, now=timezone.now())
    with pytest.raises(PaidByTransfer):
        payouts.take_back(payout=payout, reference="", by=erin, now=timezone.now())


def test_a_batch_leaves_out_who_is_paid_by_transfer(there: ConnectedAccount, alice: User, erin: User) -> None:
    with_bank(alice, timezone.now())

    with pytest.raises(NobodyToPay):
        payouts.make_batch(currency="eur", by=erin, now=timezone.now())
    (payout,) = pay_all(creator=alice, by=erin, now=timezone.now())
    assert payout.is_transfer


@pytest.mark.parametrize("outcome", ["", "document"])
def test_what_the_gateway_refuses_is_owed_again(
    sandbox: Sandbox, there: ConnectedAccount, alice: User, outcome: str
) -> None:
    """There isn't as much, or the account may not be paid any more."""
    if outcome:
        sandbox.ask(f"/sandbox/accounts/{there.provider_id}", outcome=outcome)
    else:
        earn(alice, 10**11, timezone.now())
    payout = pay_now(creator=alice, currency="eur", by=alice, now=timezone.now())

    why = "insufficient_capabilities_for_transfer" if outcome else "balance_insufficient"
    assert (payout.state, payout.reference, payout.returned_minor) == ("returned", why, payout.amount_minor)
    assert has(alice) == (payout.amount_minor, 0, 0)
    assert made_for(there) == []
    assert Notification.objects.filter(user=alice, kind="payout_returned").count() == 1
    assert settle_transfer(TransferFacts("tr_x", "99999999", "acct_x", eur(1)), timezone.now()) is None


@pytest.mark.parametrize("late", [timedelta(minutes=4), KEY_KEPT + timedelta(hours=1)])
@pytest.mark.parametrize("was_asked", [True, False])
def test_an_answer_that_is_lost_is_asked_for_again(
    there: ConnectedAccount, alice: User, was_asked: bool, late: timedelta
) -> None:
    """By the key, or in the list once that may be forgotten; what was never asked is owed again then."""
    payout = opened(there)
    if was_asked:
        open_gateway().transfer(
            key=f"{payout.key}-{int(payout.made_at.timestamp())}",
            payout=str(payout.pk),
            destination=payout.destination,
            amount=payout.amount,
        )
    sweep(payout.made_at + timedelta(minutes=1))
    assert has(alice) == (0, 1234, 0)

    sweep(payout.made_at + late)
    sweep(payout.made_at + 2 * late)

    payout.refresh_from_db()
    is_made = was_asked or late < KEY_KEPT
    assert (payout.state, made_for(there)) == (("paid", [1234]) if is_made else ("returned", []))
    assert has(alice) == (0 if is_made else 1234, 0, 0)


def test_an_event_settles_it_and_nothing_does_twice(there: ConnectedAccount, alice: User) -> None:
    payout = opened(there, 1000)
    open_gateway().transfer(key="lost", payout=str(payout.pk), destination=payout.destination, amount=payout.amount)
    hearing.catch_up(timezone.now())
    for _ in range(2):
        hearing.handle_waiting(WebhookEvent.objects.filter(type="transfer.created"))
    payout.refresh_from_db()
    facts = open_gateway().find_transfer(payout.provider_id)
    settle_transfer(facts, timezone.now())

    assert (payout.state, has(alice)) == ("paid", (234, 0, 0))
    for other in (replace(facts, amount=eur(999)), replace(facts, provider_id="tr_other")):
        with pytest.raises(GatewayDisagrees):
            settle_transfer(other, timezone.now())


def test_one_that_was_thought_refused_and_was_made_counts_as_made(there: ConnectedAccount, alice: User) -> None:
    """The creator was owed it again and was paid it again; now they owe it."""
    payout = opened(there)
    lost = open_gateway().transfer(key="x", payout=str(payout.pk), destination=there.provider_id, amount=eur(1234))
    Payout.objects.filter(pk=payout.pk).update(made_at=payout.made_at + 2 * KEY_KEPT)
    payout.refresh_from_db()
    ask_transfer(payout, payout.made_at + 2 * KEY_KEPT)
    assert has(alice) == (1234, 0, 0)
    opened(there, 1000)

    settle_transfer(lost, timezone.now())
    settle_transfer(lost, timezone.now())

    assert has(alice) == (0, 1000, -1000)


@pytest.mark.parametrize("parts", [[1234], [200, 1034], [200]])
def test_what_is_taken_back_at_the_gateways_desk_is_owed_again(
    sandbox: Sandbox, there: ConnectedAccount, alice: User, parts: list[int]
) -> None:
    payout = pay_now(creator=alice, currency="eur", by=alice, now=timezone.now())
    for part in parts:
        sandbox.ask(f"/v1/transfers/{payout.provider_id}/reversals", amount=str(part))
    hearing.catch_up(timezone.now())
    for _ in range(2):
        hearing.handle_waiting(WebhookEvent.objects.filter(object_id=payout.provider_id))

    payout.refresh_from_db()
    is_whole = sum(parts) == 1234
    assert (payout.returned_minor, payout.state) == (sum(parts), "returned" if is_whole else "paid")
    assert has(alice) == (sum(parts), 0, 0)
    reconcile(timezone.now() + timedelta(hours=2))
    about = {
        payout.provider_id,
        *(one.provider_id for one in open_gateway().find_transfer(payout.provider_id).reversals),
    }
    assert list(Difference.objects.filter(about__in=about)) == []


def test_the_nights_look_finds_a_transfer_that_isnt_in_the_books(there: ConnectedAccount) -> None:
    known = pay_now(creator=there.user, currency="eur", by=None, now=timezone.now())
    Payout.objects.filter(pk=known.pk).update(provider_id="tr_invented")
    reconcile(timezone.now() + timedelta(hours=2))

    found = Difference.objects.filter(about__startswith="tr_").values_list("kind", "there_minor", "here_minor")
    assert {("not_here", -1234, 0), ("not_there", 0, -1234)} <= {*found}


def test_it_is_told_when_more_is_asked_and_when_the_bank_refuses(
    sandbox: Sandbox, there: ConnectedAccount, alice: User, client: Client
) -> None:
    """By an event that only names the account, and by one of the account's own payouts."""
    pay_now(creator=alice, currency="eur", by=alice, now=timezone.now())
    headers = {"Authorization": f"Bearer {sandbox.key}", "Stripe-Account": there.provider_id}
    (arrival,) = httpx.get(f"{sandbox.url}/v1/payouts", headers=headers).json()["data"]
    sandbox.ask(f"/sandbox/payouts/{arrival['id']}/fail")
    sandbox.ask(f"/sandbox/accounts/{there.provider_id}", outcome="document")
    thin = {
        "id": f"evt_{uuid4().hex}",
        "object": "v2.core.event",
        "type": "v2.core.account[requirements].updated",
        "created": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "related_object": {"id": there.provider_id, "type": "v2.core.account", "url": ""},
    }
    failed = {"id": f"evt_{uuid4().hex}", "object": "event", "type": "payout.failed", "created": 1}
    failed |= {"data": {"object": {"id": arrival["id"]}}, "account": there.provider_id}
    for event in (thin, failed):
        body, signature = signed(event)
        answer = client.post(
            "/money/hook", body, content_type="application/json", headers={"Stripe-Signature": signature}
        )
        assert answer.status_code == 200
    hearing.handle_waiting(WebhookEvent.objects.waiting())

    assert not WebhookEvent.objects.waiting().exists()
    there.refresh_from_db()
    assert (there.state, connecting.asked_of(there)) == ("wanting", ["a document that shows who you are"])
    kinds = Notification.objects.filter(user=alice).values_list("kind", flat=True)
    assert {*kinds} == {"account_ready", "account_wanting", "payout_stuck"}


def test_accounts_are_looked_at_each_day(sandbox: Sandbox, there: ConnectedAccount) -> None:
    sandbox.ask(f"/sandbox/accounts/{there.provider_id}", outcome="rejected")
    connecting.look_at_all(there.checked_at + timedelta(hours=23))
    assert ConnectedAccount.objects.get().state == "active"
    connecting.look_at_all(there.checked_at + timedelta(hours=25))
    assert ConnectedAccount.objects.get().state == "refused"


def test_the_studios_button_and_the_admins(
    sandbox: Sandbox, there: ConnectedAccount, client: Client, alice: User, alice_channel: Channel, erin: User
) -> None:
    client.force_login(alice)
    assert "Pay me €12.34 now" in client.get(EARNINGS).content.decode()
    page = client.post(f"{EARNINGS}/pay", {"currency": "eur"}, follow=True).content.decode()
    assert "€12.34 is on its way to you." in page
    assert "by transfer" in page
    assert "Less is available" in client.post(f"{EARNINGS}/pay", {"currency": "eur"}, follow=True).content.decode()

    earn(alice, 30, timezone.now())
    sandbox.ask("/sandbox/topups", amount="30", currency="eur")
    client.force_login(erin)
    for action in ("look_again", "pay_all"):
        client.post(
            "/admin/monetization/connectedaccount/", {"action": action, "_selected_action": [there.pk]}, follow=True
        )
    assert made_for(there) == [30, 1234]
    assert AuditEntry.objects.filter(action="made payout", actor=erin).count() == 1
    assert Money(0, "eur") == balances_of(alice)["eur"].available


def test_the_account_of_who_left_is_closed_once_nothing_is_in_it(
    sandbox: Sandbox, there: ConnectedAccount, alice: User
) -> None:
    """The last payout first, and until it is at her bank the gateway keeps the account open."""
    now, number = timezone.now(), there.provider_id
    with pytest.raises(AccountsError):
        deletion.forget(user=alice, by=alice, now=now)
    ask_transfer(opened(there), now)
    sent = open_gateway()._client.v1.payouts.list({}, {"stripe_account": number}).data[0].id
    sandbox.ask(f"/sandbox/payouts/{sent}/fail")
    deletion.forget(user=alice, by=alice, now=now)
    assert not ConnectedAccount.objects.exists()

    closing.close_left(now + timedelta(days=6))
    assert LeftAccount.objects.get().asked_at is None
    week = now + timedelta(days=7)
    closing.close_left(week)
    row = LeftAccount.objects.get()
    assert (row.provider_id, row.closed_at, bool(row.refused_as)) == (number, None, True)
    sandbox.ask(f"/sandbox/payouts/{sent}/arrive")
    closing.close_left(week + timedelta(hours=1))
    assert LeftAccount.objects.get().closed_at is None
    closing.close_left(week + timedelta(days=2))

    row.refresh_from_db()
    assert (row.closed_at, row.refused_as) == (week + timedelta(days=2), "")
    assert open_gateway().find_account(number).state == "refused"


@pytest.mark.parametrize(("status", "is_refused"), [(400, True), (404, True), (403, False), (429, False), (500, False)])
def test_an_account_that_cant_be_closed_holds_up_nobody(
    there: ConnectedAccount, monkeypatch: pytest.MonkeyPatch, status: int, is_refused: bool
) -> None:
    now = timezone.now()
    left_at = now - timedelta(days=8)
    odd = LeftAccount.objects.create(provider_id="acct_odd", left_at=left_at - timedelta(days=1))
    plain = LeftAccount.objects.create(provider_id=there.provider_id, left_at=left_at)
    accounts = type(open_gateway()._client.v2.core.accounts)
    real = accounts.close

    def close(self: Any, number: str, params: Any) -> Any:
        if number == odd.provider_id:
            raise stripe.StripeError("no", http_status=status, code="odd_state")
        return real(self, number, params)

    monkeypatch.setattr(accounts, "close", close)
    closing.close_left(now)
    closing.close_left(now + timedelta(hours=1))

    odd.refresh_from_db()
    plain.refresh_from_db()
    assert (odd.asked_at, odd.closed_at, odd.refused_as) == (now, None, "odd_state" if is_refused else "")
    assert plain.closed_at


def test_an_account_opened_for_somebody_who_leaves_meanwhile_is_left_behind(
    sandbox: Sandbox, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    move(creator=alice, country="FR", by=alice, now=now)
    real = Gateway.open_account

    def leave(self: Gateway, **about: str) -> AccountFacts:
        facts = real(self, **about)
        deletion.forget(user=alice, by=alice, now=now)
        return facts

    monkeypatch.setattr(Gateway, "open_account", leave)
    with pytest.raises(NoBankAccount):
        connecting.open_account(user=alice, now=now)

    assert not ConnectedAccount.objects.exists()
    assert LeftAccount.objects.get().provider_id.startswith("acct_")


def lost(gateway: type[Gateway], monkeypatch: pytest.MonkeyPatch, *, is_heard: bool = True) -> None:
    """No answer comes from the gateway when an account is opened, whether or not it heard of it."""
    real = gateway.open_account

    def open_account(self: Gateway, **about: str) -> AccountFacts:
        if is_heard:
            real(self, **about)
        raise GatewayAway(why="cut off")

    monkeypatch.setattr(gateway, "open_account", open_account)


def bearing(key: str) -> list[str]:
    """The accounts at the gateway that bear a key, and are open."""
    page = open_gateway()._client.v2.core.accounts.list({"limit": 3})
    return [one.id for one in page.auto_paging_iter() if one.to_dict()["metadata"].get("account") == key]


def asked_in_vain(alice: User, now: datetime) -> str:
    """The key of an account that was asked for, and of which no answer came."""
    move(creator=alice, country="FR", by=alice, now=now)
    with pytest.raises(GatewayAway):
        connecting.open_account(user=alice, now=now)
    row = ConnectedAccount.objects.get()
    assert row.provider_id == ""
    return row.key


@pytest.mark.parametrize("is_heard", [True, False])
def test_an_account_whose_answer_was_lost_is_closed_as_well_once_its_owner_left(
    sandbox: Sandbox, alice: User, monkeypatch: pytest.MonkeyPatch, is_heard: bool
) -> None:
    now = timezone.now()
    # As many others as don't fit on one page of the gateway's list.
    for number in range(21):
        open_gateway().open_account(key=f"{uuid4()}", email=f"a{number}@example.com", name="A", country="FR")
    lost(Gateway, monkeypatch, is_heard=is_heard)
    key = asked_in_vain(alice, now)
    monkeypatch.undo()
    for number in range(21 if is_heard else 0):
        open_gateway().open_account(key=f"{uuid4()}", email=f"b{number}@example.com", name="B", country="FR")
    assert len(bearing(key)) == is_heard
    deletion.forget(user=alice, by=alice, now=now)

    closing.close_left(now + timedelta(days=7))

    assert bearing(key) == []
    row = LeftAccount.objects.get()
    assert (bool(row.provider_id), row.refused_as) == (is_heard, "")
    assert row.closed_at == now + timedelta(days=7)


@pytest.mark.parametrize("late", [timedelta(minutes=1), KEY_KEPT + timedelta(hours=1)])
def test_who_asks_again_has_one_account(
    sandbox: Sandbox, alice: User, monkeypatch: pytest.MonkeyPatch, late: timedelta
) -> None:
    """Also when the gateway may have forgotten the key, and whatever they are called by then."""
    now = timezone.now()
    lost(Gateway, monkeypatch)
    key = asked_in_vain(alice, now)
    monkeypatch.undo()
    if late > KEY_KEPT:
        User.objects.filter(pk=alice.pk).update(display_name="Alice the Great")
    (there,) = bearing(key)

    row = connecting.open_account(user=User.objects.get(pk=alice.pk), now=now + late)

    assert (row.provider_id, bearing(key)) == (there, [there])
