"""Pages where people pay: what they show, to whom, and that there are none without payments."""

import pytest
from django.test import Client, override_settings
from django.utils import timezone, translation

from accounts.models import Channel, User
from monetization.gateway import open_gateway
from monetization.models import Card, Payment, Tip, TipSettings
from monetization.money import Money
from monetization.tips import give_tip
from tests.monetization.sandbox import ASKS, DECLINED_LATER, GOOD, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

PAGES = ("/settings/wallet", "/@alice/tip", "/studio/alice/tips")


@pytest.fixture
def tipped(alice_channel: Channel) -> Channel:
    TipSettings.objects.create(channel=alice_channel, is_on=True)
    return alice_channel


@pytest.fixture
def as_bob(tipped: Channel, bob: User, sandbox: Sandbox) -> Client:
    client = Client()
    client.force_login(bob)
    return client


@pytest.fixture
def as_alice(tipped: Channel, alice: User, sandbox: Sandbox) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def tip(card: Card, channel: Channel) -> Payment:
    amount = Money(500, "eur")
    return give_tip(giver=card.user, channel=channel, amount=amount, message="Thanks", card=card, now=timezone.now())


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_a_card_is_saved_by_what_the_browser_brings_back(as_bob: Client, sandbox: Sandbox, bob: User) -> None:
    secret = as_bob.post("/settings/wallet/start").json()["client_secret"]
    setup = secret.partition("_secret_")[0]
    sandbox.confirm_setup(setup, secret, GOOD)

    answer = as_bob.post("/settings/wallet/keep", {"setup": setup, "back": "tip:alice"})

    assert answer.headers["Location"] == "/@alice/tip"
    page = text_of(as_bob, "/settings/wallet")
    assert "Visa •••• 4242" in page
    assert "12/40" in page
    assert "Used first" in page
    card = bob.cards.get()
    as_bob.post(f"/settings/wallet/{card.pk}/remove")
    assert "No card is saved yet" in text_of(as_bob, "/settings/wallet")


def test_going_back_leads_to_channels_alone(as_bob: Client) -> None:
    for back in ("//evil.example", "tip://evil.example", "home:alice", "tip:nobody", "alice"):
        answer = as_bob.post("/settings/wallet/keep", {"setup": "seti_x", "back": back})
        assert answer.headers["Location"] == "/settings/wallet"
    answer = as_bob.post("/settings/wallet/keep", {"setup": "seti_x", "back": "subscribe:alice"})
    assert answer.headers["Location"] == "/@alice/subscribe"


def test_a_tip_is_one_form_and_its_receipt_a_page(as_bob: Client, sandbox: Sandbox, bob: User) -> None:
    card = sandbox.save_card(bob)
    wish = {"amount": "5,00", "message": "Thanks", "card": card.pk}

    answer = as_bob.post("/@alice/tip", wish)

    payment = Payment.objects.get()
    assert answer.headers["Location"] == f"/money/payments/{payment.pk}"
    page = text_of(as_bob, f"/money/payments/{payment.pk}")
    assert "Thank you" in page
    assert "€5.00" in page
    assert f"/money/payments/{payment.pk}" in text_of(as_bob, "/settings/wallet")


@pytest.mark.parametrize(
    ("amount", "says"),
    [("0.99", "From €1.00 to €500.00."), ("501", "From €1.00"), ("five", "Write an amount"), ("1.001", "Write an")],
)
def test_a_wish_that_can_not_be_says_why(as_bob: Client, sandbox: Sandbox, bob: User, amount: str, says: str) -> None:
    card = sandbox.save_card(bob)

    answer = as_bob.post("/@alice/tip", {"amount": amount, "card": card.pk})

    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Payment.objects.exists()


def test_somebody_elses_card_is_no_choice(as_bob: Client, sandbox: Sandbox, dave: User) -> None:
    card = sandbox.save_card(dave)

    assert as_bob.post("/@alice/tip", {"amount": "5", "card": card.pk}).status_code == 422


def test_a_declined_card_is_told_with_what_to_do(as_bob: Client, sandbox: Sandbox, bob: User, tipped: Channel) -> None:
    payment = tip(sandbox.save_card(bob, DECLINED_LATER), tipped)

    page = text_of(as_bob, f"/money/payments/{payment.pk}")

    assert "Nothing was paid" in page
    assert "Your bank declined the card. Take another one" in page
    assert "/settings/wallet?back=tip:alice" in page


def test_a_bank_that_asks_is_answered_in_the_page(as_bob: Client, sandbox: Sandbox, bob: User, tipped: Channel) -> None:
    payment = tip(sandbox.save_card(bob, ASKS), tipped)
    page = text_of(as_bob, f"/money/payments/{payment.pk}")
    secret = open_gateway().find_charge(payment.provider_id).client_secret
    assert f'secret="{secret}"' in page

    sandbox.bank_says(payment.provider_id, secret, yes=True)
    as_bob.post(f"/money/payments/{payment.pk}/look")

    page = text_of(as_bob, f"/money/payments/{payment.pk}")
    assert "Thank you" in page
    assert secret not in page


def test_the_owner_sees_tips_and_gives_them_back(
    as_alice: Client, as_bob: Client, sandbox: Sandbox, bob: User, tipped: Channel
) -> None:
    payment = tip(sandbox.save_card(bob), tipped)
    assert "€5.00 · bob" in text_of(as_alice, "/studio/alice/tips")

    as_alice.post(f"/studio/alice/tips/{payment.tip.pk}/refund")

    payment.refresh_from_db()
    assert not payment.left
    assert "Given back" in text_of(as_alice, "/studio/alice/tips")
    receipt = text_of(as_bob, f"/money/payments/{payment.pk}")
    assert "<h1>Given back</h1>" in receipt
    assert "Thank you" not in receipt


def test_held_words_wait_in_the_studio(as_alice: Client, sandbox: Sandbox, bob: User, tipped: Channel) -> None:
    payment = tip(sandbox.save_card(bob), tipped)
    Tip.objects.update(words=Tip.Words.HELD)
    assert "Words to read" in text_of(as_alice, "/studio/alice/tips")

    as_alice.post(f"/studio/alice/tips/{payment.tip.pk}/words", {"show": "1"})

    page = text_of(as_alice, "/studio/alice/tips")
    assert "Words to read" not in page
    assert "Thanks" in page


def test_what_a_channel_takes_is_set_in_the_studio(as_alice: Client, tipped: Channel) -> None:
    wish = {"is_on": "on", "currency": "jpy", "least": "100", "most": "9000"}
    assert as_alice.post("/studio/alice/tips/settings", wish).status_code == 302
    too_low = as_alice.post("/studio/alice/tips/settings", wish | {"least": "49"})
    odd = as_alice.post("/studio/alice/tips/settings", wish | {"least": "10.5"})

    assert (too_low.status_code, odd.status_code) == (422, 422)
    tipped.tip_settings.refresh_from_db()
    assert (str(tipped.tip_settings.least), tipped.tip_settings.most) == ("¥100", Money(9000, "jpy"))


def test_the_button_is_for_those_who_may(as_bob: Client, as_alice: Client, client: Client, tipped: Channel) -> None:
    shown = {
        who: "/@alice/tip" in text_of(one, "/@alice")
        for who, one in (("bob", as_bob), ("alice", as_alice), ("stranger", client))
    }
    assert shown == {"bob": True, "alice": False, "stranger": True}

    TipSettings.objects.update(is_on=False)

    assert "/@alice/tip" not in text_of(as_bob, "/@alice")
    assert as_bob.get("/@alice/tip").status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_without_payments_there_are_no_money_pages(as_bob: Client, as_alice: Client, path: str) -> None:
    with override_settings(PAYMENTS="off"):
        assert as_bob.get(path).status_code == 404
        assert as_alice.get(path).status_code == 404
        assert "/@alice/tip" not in text_of(as_bob, "/@alice")
        assert "/settings/wallet" not in text_of(as_bob, "/settings/")
        assert "/studio/alice/tips" not in text_of(as_alice, "/studio/alice/")


@pytest.mark.parametrize("path", PAGES)
def test_the_sandbox_says_that_it_is_one(as_bob: Client, as_alice: Client, path: str) -> None:
    who = as_alice if "studio" in path else as_bob
    assert "Payments sandbox" in text_of(who, path)
    with override_settings(PAYMENTS="stripe", STRIPE_JS_URL="https://js.stripe.com/v3/"):
        assert "Payments sandbox" not in text_of(who, path)


def test_an_administrator_gives_back_with_an_audit_row(
    sandbox: Sandbox, bob: User, erin: User, tipped: Channel
) -> None:
    from accounts.models import AuditEntry

    payment = tip(sandbox.save_card(bob), tipped)
    client = Client()
    client.force_login(erin)

    client.post("/admin/monetization/payment/", {"action": "refund", "_selected_action": [str(payment.pk)]})

    payment.refresh_from_db()
    assert not payment.left
    assert AuditEntry.objects.filter(action="refunded payment", actor=erin, target_id=str(payment.pk)).exists()


def test_amounts_are_in_the_readers_language(as_bob: Client, sandbox: Sandbox, bob: User, tipped: Channel) -> None:
    payment = tip(sandbox.save_card(bob), tipped)
    as_bob.post("/language", {"language": "fr"})

    with translation.override("fr"):
        assert str(payment.amount) in text_of(as_bob, f"/money/payments/{payment.pk}")


def test_a_wallet_costs_the_same_however_much_was_paid(
    as_bob: Client, sandbox: Sandbox, bob: User, tipped: Channel
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    card = sandbox.save_card(bob)
    counts = []
    for _ in range(2):
        for _ in range(3):
            tip(card, tipped)
        with CaptureQueriesContext(connection) as queries:
            text_of(as_bob, "/settings/wallet")
        counts.append(len(queries))

    assert counts[0] == counts[1]
