"""Webhooks: kept once, believed only after asking, in any order and in none."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Channel, User
from monetization import hearing
from monetization.gateway import EventFacts, open_gateway
from monetization.models import Bookmark, Card, LedgerEntry, Payment, Refund, WebhookEvent
from monetization.money import Money
from monetization.settling import _charge_again
from monetization.sweeping import AT_A_TIME, sweep
from monetization.tips import _open, give_tip
from tests.monetization.sandbox import ASKS, Sandbox, signed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

HOOK = "/money/hook"
FIVE = Money(500, "eur")


def tell(client: Client, body: bytes, signature: str) -> int:
    headers = {"Stripe-Signature": signature}
    return client.post(HOOK, body, content_type="application/json", headers=headers).status_code


def unheard(user: User, channel: Channel, card: Card) -> Payment:
    """A payment that the gateway has taken, and of which we know nothing: the answer was lost."""
    payment = _open(user, channel, FIVE, "", card, timezone.now())
    _charge_again(payment, timezone.now())
    return payment


def about(sandbox: Sandbox, what: str) -> list[tuple[bytes, str]]:
    return [(body, signature) for body, signature in sandbox.told() if what.encode() in body]


def handle_all() -> None:
    hearing.handle_waiting(WebhookEvent.objects.waiting().order_by("happened_at"))


def test_an_event_settles_what_no_answer_did(
    client: Client, sandbox: Sandbox, bob: User, tipped: Channel, django_capture_on_commit_callbacks: object
) -> None:
    payment = unheard(bob, tipped, sandbox.save_card(bob))

    for body, signature in about(sandbox, str(payment.pk)):
        assert tell(client, body, signature) == 200
        assert tell(client, body, signature) == 200
    handle_all()

    payment.refresh_from_db()
    assert payment.is_paid
    assert LedgerEntry.objects.count() == 1
    assert WebhookEvent.objects.count() == len(about(sandbox, str(payment.pk)))
    assert not WebhookEvent.objects.waiting().exists()


def test_an_event_lies_and_the_gateway_is_believed(
    client: Client, sandbox: Sandbox, bob: User, tipped: Channel
) -> None:
    """Whoever has the secret may still be late or wrong: the object says how it stands."""
    payment = give_tip(
        giver=bob, channel=tipped, amount=FIVE, message="", card=sandbox.save_card(bob, ASKS), now=timezone.now()
    )
    said = {"id": payment.provider_id, "object": "payment_intent", "status": "succeeded"}
    event = {"id": "evt_lie", "type": "payment_intent.succeeded", "created": 1, "data": {"object": said}}

    assert tell(client, *signed(event)) == 200
    handle_all()

    payment.refresh_from_db()
    assert payment.state == Payment.State.ACTION


@pytest.mark.parametrize("signature", ["", "t=1,v1=00", "nonsense"])
def test_an_unsigned_event_is_refused_and_not_kept(client: Client, sandbox: Sandbox, signature: str) -> None:
    assert tell(client, b'{"id": "evt_1"}', signature) == 400
    assert not WebhookEvent.objects.exists()


def test_a_signed_event_of_an_odd_shape_is_refused(client: Client, sandbox: Sandbox) -> None:
    assert tell(client, *signed({"id": "evt_1"})) == 400


def test_guessing_is_bounded(client: Client, sandbox: Sandbox) -> None:
    assert {tell(client, b"{}", "t=1,v1=00") for _ in range(61)} == {400, 429}


def test_a_house_without_payments_has_no_hook(client: Client) -> None:
    from django.test import override_settings

    with override_settings(PAYMENTS="off"):
        assert tell(client, b"{}", "") == 404


def test_silence_is_caught_up_with(sandbox: Sandbox, bob: User, tipped: Channel) -> None:
    payment = unheard(bob, tipped, sandbox.save_card(bob))

    assert hearing.catch_up(timezone.now()) > 0
    assert hearing.catch_up(timezone.now()) == 0
    # What other tests had the gateway do is news as well, of which a sweep takes so much.
    for _ in range(0, WebhookEvent.objects.count(), AT_A_TIME):
        sweep(timezone.now() + timedelta(seconds=31))

    payment.refresh_from_db()
    assert payment.is_paid


def test_what_was_missed_for_days_is_found_though_later_events_were_told(
    sandbox: Sandbox, bob: User, tipped: Channel
) -> None:
    """The worker and beat were down, and the first webhook after that came before the list was read."""
    payment = unheard(bob, tipped, sandbox.save_card(bob))
    now = timezone.now() + timedelta(days=3)
    Bookmark.objects.create(name=hearing.EVENTS, read_until=timezone.now() - timedelta(minutes=1))
    later = EventFacts("evt_later", "customer.created", "cus_1", now, {"data": {"object": {"id": "cus_1"}}})
    assert hearing.keep(later, now)

    hearing.catch_up(now)

    hearing.handle_waiting(WebhookEvent.objects.waiting().filter(payload__icontains=str(payment.pk)))
    payment.refresh_from_db()
    assert payment.is_paid
    assert Bookmark.objects.get().read_until == now


def test_one_that_fails_is_kept_with_its_reason_and_tried_again(sandbox: Sandbox, client: Client) -> None:
    said = {"id": "pi_notthere", "object": "payment_intent"}
    event = {"id": "evt_1", "type": "payment_intent.succeeded", "created": 1, "data": {"object": said}}
    other = {"id": "evt_2", "type": "customer.created", "created": 2, "data": {"object": {"id": "cus_1"}}}
    tell(client, *signed(event))
    tell(client, *signed(other))

    handle_all()

    failed, handled = WebhookEvent.objects.order_by("event_id")
    assert (failed.attempts, failed.handled_at) == (1, None)
    assert "GatewayRefused" in failed.last_error
    assert handled.handled_at is not None


def test_a_card_is_kept_though_its_page_was_closed(sandbox: Sandbox, client: Client, bob: User) -> None:
    from monetization.cards import start_saving
    from tests.monetization.sandbox import GOOD

    setup = start_saving(bob)
    sandbox.confirm_setup(setup.provider_id, setup.client_secret, GOOD)

    for body, signature in about(sandbox, setup.provider_id):
        tell(client, body, signature)
    handle_all()
    handle_all()

    assert [card.last4 for card in bob.cards.all()] == ["4242"]


def test_a_refund_made_at_the_gateways_desk_is_in_the_books(
    sandbox: Sandbox, client: Client, bob: User, tipped: Channel
) -> None:
    card = sandbox.save_card(bob)
    payment = give_tip(giver=bob, channel=tipped, amount=FIVE, message="", card=card, now=timezone.now())
    sandbox.ask("/v1/refunds", payment_intent=payment.provider_id, amount="200")

    # The charge's event first, then the refund's, then both again.
    told = about(sandbox, payment.provider_id)
    for body, signature in told[::-1] * 2:
        tell(client, body, signature)
    handle_all()

    (row,) = Refund.objects.all()
    payment.refresh_from_db()
    assert (row.state, row.by, payment.refunded) == (Refund.State.DONE, None, Money(200, "eur"))


def test_somebody_elses_payment_at_the_same_gateway_is_left_alone(sandbox: Sandbox, bob: User) -> None:
    from monetization.settling import settle

    card = sandbox.save_card(bob)
    there = sandbox.ask(
        "/v1/payment_intents",
        amount="500",
        currency="eur",
        customer=bob.customer.provider_id,
        payment_method=card.provider_id,
        confirm="true",
    )

    assert settle(open_gateway().find_charge(there["id"]), timezone.now()) is None
    assert not LedgerEntry.objects.exists()
