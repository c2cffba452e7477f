"""A tip from the click to the ledger and back, and what may be in its way."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.actions import block
from accounts.errors import TooMany
from accounts.models import AuditEntry, BlockedWord, Channel, User
from monetization import actions, tips
from monetization.creators import earned
from monetization.errors import NotForSale, NothingToRefund, OutOfBounds
from monetization.gateway import RefundFacts, open_gateway
from monetization.ledger import FEES, GATEWAY, INCOME, balance_of, payable, post, receivable
from monetization.models import Card, LedgerEntry, Payment, Refund, Tip
from monetization.money import Money
from monetization.refunding import _decide, settle_refund
from monetization.sweeping import sweep
from realtime.models import OutboxEvent
from tests.monetization.sandbox import ASKS, DECLINED_LATER, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

FIVE = Money(500, "eur")


def give(card: Card, channel: Channel, amount: Money = FIVE, message: str = "For the coffee") -> Payment:
    return tips.give_tip(
        giver=card.user, channel=channel, amount=amount, message=message, card=card, now=timezone.now()
    )


def euros(account: object) -> int:
    return balance_of(account, "eur").amount_minor  # type: ignore[arg-type]


def test_a_tip_is_charged_split_and_told(
    card: Card, tipped: Channel, alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        payment = give(card, tipped)

    entry = LedgerEntry.objects.get(key=payment.key)
    assert payment.is_paid
    assert (entry.kind, entry.source) == ("tip", payment.key)
    assert (euros(GATEWAY), euros(FEES)) == (-467, -33)
    assert euros(payable(alice)) + euros(INCOME) == 500
    event = OutboxEvent.objects.get(kind=tips.TIP_PAID)
    assert event.payload["tip"] == payment.tip.pk
    (letter,) = mail.outbox
    assert letter.to == ["bob@example.com"]
    assert "€5.00" in letter.subject
    assert str(payment.pk) in letter.body


def test_a_declined_card_pays_nothing_and_says_why(sandbox: Sandbox, bob: User, tipped: Channel) -> None:
    payment = give(sandbox.save_card(bob, DECLINED_LATER), tipped)

    assert (payment.state, payment.decline_code) == (Payment.State.FAILED, "generic_decline")
    assert not LedgerEntry.objects.exists()
    assert not OutboxEvent.objects.filter(kind=tips.TIP_PAID).exists()


@pytest.mark.parametrize(("says_yes", "state"), [(True, "paid"), (False, "failed")])
def test_a_bank_that_asks_decides(sandbox: Sandbox, bob: User, tipped: Channel, says_yes: bool, state: str) -> None:
    from monetization.paying import secret_of

    payment = give(sandbox.save_card(bob, ASKS), tipped)
    assert payment.state == Payment.State.ACTION
    assert actions.look_again(payment, timezone.now()).state == Payment.State.ACTION

    sandbox.bank_says(payment.provider_id, secret_of(payment), yes=says_yes)

    assert actions.look_again(payment, timezone.now()).state == state
    assert LedgerEntry.objects.filter(key=payment.key).exists() == says_yes


def test_who_leaves_the_banks_question_open_pays_nothing_later_either(
    sandbox: Sandbox, bob: User, tipped: Channel
) -> None:
    payment = give(sandbox.save_card(bob, ASKS), tipped)

    sweep(timezone.now() + timedelta(minutes=21))

    payment.refresh_from_db()
    assert payment.state == Payment.State.FAILED
    assert actions.look_again(payment, timezone.now()).state == Payment.State.FAILED


def test_a_lost_answer_is_asked_for_again_and_charged_once(card: Card, tipped: Channel) -> None:
    payment = tips._open(card.user, tipped, FIVE, "", card, timezone.now())
    from monetization.settling import _charge_again

    lost = _charge_again(payment, timezone.now())
    sweep(timezone.now() + timedelta(minutes=2))

    payment.refresh_from_db()
    assert (payment.state, payment.provider_id) == (Payment.State.PAID, lost.provider_id)
    since = payment.created_at - timedelta(minutes=5)
    assert (
        open_gateway().find_charge_of(payment=str(payment.pk), customer=payment.customer_id_there, since=since) == lost
    )


def test_after_a_day_the_gateways_list_is_searched_and_nothing_charged_blind(card: Card, tipped: Channel) -> None:
    from monetization.settling import _charge_again

    asked = tips._open(card.user, tipped, FIVE, "", card, timezone.now())
    _charge_again(asked, timezone.now())
    never = tips._open(card.user, tipped, FIVE, "", card, timezone.now())

    sweep(timezone.now() + timedelta(hours=24))

    asked.refresh_from_db()
    never.refresh_from_db()
    assert (asked.state, never.state) == (Payment.State.PAID, Payment.State.FAILED)
    assert LedgerEntry.objects.count() == 1


def test_words_that_are_not_wanted_are_held_and_the_tip_is_paid(card: Card, tipped: Channel, alice: User) -> None:
    BlockedWord.objects.create(channel=tipped, text="darn")
    payment = give(card, tipped, message="Darn \u202e good")

    assert payment.is_paid
    assert (payment.tip.words, payment.tip.shown_message) == (Tip.Words.HELD, "")
    assert payment.tip.message == "Darn good"

    shown = actions.show_words(tip=payment.tip, by=alice)
    actions.show_words(tip=payment.tip, by=alice)

    assert shown.shown_message == "Darn good"
    assert OutboxEvent.objects.filter(kind=tips.TIP_SHOWN).count() == 1
    assert AuditEntry.objects.filter(action="showed words of tip", actor=alice).count() == 1


def test_dropped_words_are_seen_by_nobody(card: Card, tipped: Channel, alice: User) -> None:
    BlockedWord.objects.create(channel=tipped, text="darn")
    payment = give(card, tipped, message="darn")

    assert actions.drop_words(tip=payment.tip, by=alice).shown_message == ""
    assert AuditEntry.objects.filter(action="dropped words of tip").exists()


def test_bounds_and_steps_are_kept(card: Card, tipped: Channel) -> None:
    for amount in (99, 50_001, 0, -500):
        with pytest.raises(OutOfBounds):
            give(card, tipped, Money(amount, "eur"))
    with pytest.raises(NotForSale):
        give(card, tipped, Money(500, "usd"))
    tipped.tip_settings.currency, tipped.tip_settings.least_minor = "tnd", 2000
    tipped.tip_settings.save()
    with pytest.raises(OutOfBounds):
        give(card, tipped, Money(2005, "tnd"))

    assert not Payment.objects.exists()


def test_who_may_not_give(card: Card, tipped: Channel, alice: User, bob: User, dave: User, sandbox: Sandbox) -> None:
    own = sandbox.save_card(alice)
    for giver, paid_with in ((alice, own), (dave, card)):
        with pytest.raises(NotForSale):
            tips.give_tip(giver=giver, channel=tipped, amount=FIVE, message="", card=paid_with, now=timezone.now())
    block(user=alice, other=bob)
    with pytest.raises(NotForSale):
        give(card, tipped)

    assert not Payment.objects.exists()


def test_a_channel_that_takes_none_gets_none(card: Card, alice_channel: Channel) -> None:
    with pytest.raises(NotForSale):
        give(card, alice_channel)


def test_nobody_gives_without_end(card: Card, tipped: Channel) -> None:
    for _ in range(tips.A_MINUTE):
        give(card, tipped, Money(100, "eur"))
    with pytest.raises(TooMany):
        give(card, tipped, Money(100, "eur"))

    assert Payment.objects.count() == tips.A_MINUTE


def test_a_refund_takes_back_what_was_given_to_the_last_cent(card: Card, tipped: Channel, alice: User) -> None:
    payment = give(card, tipped)
    for amount in (101, 99, 300):
        row = actions.refund(payment=payment, amount=Money(amount, "eur"), by=alice, reason="sorry", now=timezone.now())
        assert row.state == Refund.State.DONE

    payment.refresh_from_db()
    assert not payment.left
    assert (euros(payable(alice)), euros(receivable(alice))) == (0, 0)
    # What the card's fee cost is the platform's loss.
    assert (euros(GATEWAY), euros(FEES), euros(INCOME)) == (33, -33, 0)
    with pytest.raises(NothingToRefund):
        actions.refund(payment=payment, amount=Money(1, "eur"), by=alice, reason="", now=timezone.now())
    assert AuditEntry.objects.filter(action="refunded payment", actor=alice).count() == 3


def test_a_creator_who_was_paid_out_owes_what_goes_back(card: Card, tipped: Channel, alice: User) -> None:
    payment = give(card, tipped)
    there = balance_of(payable(alice), "eur")
    post(key="payout", kind="payout", lines=[(payable(alice), -there), (GATEWAY, there)], now=timezone.now())

    actions.refund(payment=payment, amount=FIVE, by=alice, reason="", now=timezone.now())

    assert (euros(payable(alice)), euros(receivable(alice))) == (0, -there.amount_minor)


def test_a_refund_that_got_no_answer_is_asked_for_again_and_made_once(
    card: Card, tipped: Channel, alice: User, noon: datetime
) -> None:
    payment = give(card, tipped)
    row = _decide(payment, FIVE, alice, "", timezone.now())
    open_gateway().refund(key=row.key, refund=str(row.pk), payment_there=payment.provider_id, amount=FIVE)

    sweep(timezone.now() + timedelta(minutes=2))

    row.refresh_from_db()
    payment.refresh_from_db()
    assert (row.state, payment.refunded) == (Refund.State.DONE, FIVE)
    assert len(open_gateway().refunds_of(payment.provider_id)) == 1


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_refund_that_takes_days_is_made_once(
    sandbox: Sandbox, card: Card, tipped: Channel, alice: User, is_ours: bool
) -> None:
    """Ours when the gateway has forgotten its key, and one of the gateway's desk, which has none."""
    now, two = timezone.now(), Money(200, "eur")
    payment = give(card, tipped)
    there = payment.provider_id
    if is_ours:
        row = _decide(payment, two, alice, "", now)
        open_gateway().refund(key=f"forgotten-{row.pk}", refund=str(row.pk), payment_there=there, amount=two)
    else:
        number = sandbox.ask("/v1/refunds", payment_intent=there, amount="200")["id"]
        settle_refund(RefundFacts(number, "", there, two, "pending"), now)

    for hours in (24, 25):
        sweep(now + timedelta(hours=hours))

    payment.refresh_from_db()
    assert (Refund.objects.get().state, payment.refunded) == (Refund.State.DONE, two)
    assert len(open_gateway().refunds_of(there)) == 1


def test_one_that_the_database_refuses_does_not_hold_up_the_others(card: Card, tipped: Channel, alice: User) -> None:
    now = timezone.now()
    good, bad = (_decide(give(card, tipped), FIVE, alice, "", now + timedelta(seconds=one)) for one in range(2))
    # The newest is asked for first; more of it would go back than came.
    Payment.objects.filter(pk=bad.payment_id).update(refunded_minor=1)

    sweep(now + timedelta(minutes=2))

    assert [Refund.objects.get(pk=row.pk).state for row in (good, bad)] == [Refund.State.DONE, Refund.State.ASKED]


def test_a_refund_of_which_the_gateway_knows_nothing_waits(card: Card, tipped: Channel) -> None:
    now = timezone.now()
    there = give(card, tipped).provider_id
    settle_refund(RefundFacts(f"re_of_{there}", "", there, Money(200, "eur"), "pending"), now)

    sweep(now + timedelta(minutes=2))

    assert Refund.objects.get().state == Refund.State.ASKED
    assert open_gateway().refunds_of(there) == []


def test_somebody_else_earned_meanwhile_changes_nothing(card: Card, tipped: Channel, alice: User) -> None:
    """Refunds find the creator's balance mixed with other income."""
    payment = give(card, tipped)
    post(key="other", kind="tip", lines=[(GATEWAY, -FIVE), *earned(alice, FIVE)], now=timezone.now())
    before = euros(payable(alice))

    actions.refund(payment=payment, amount=FIVE, by=alice, reason="", now=timezone.now())

    rule = LedgerEntry.objects.get(key=payment.key).rule
    assert before - euros(payable(alice)) == rule["creator_minor"]
