"""A tip is a line of the chat, once, with its words as soon as they may be read."""

from datetime import datetime

import pytest

from accounts.models import Channel, User
from chat.hearing import on_tip, on_tip_shown
from chat.models import Message
from monetization.models import Payment, Tip

pytestmark = pytest.mark.django_db


def tip_of(giver: User, channel: Channel, noon: datetime, message: str, words: str = "shown") -> Tip:
    assert channel.owner is not None
    payment = Payment.objects.create(
        kind="tip",
        state="paid",
        payer=giver,
        channel=channel,
        creator=channel.owner,
        card_label="Visa",
        customer_id_there="cus_x",
        card_id_there="pm_x",
        currency="eur",
        amount_minor=500,
        created_at=noon,
        asked_at=noon,
    )
    return Tip.objects.create(payment=payment, message=message, words=words)


def facts_of(tip: Tip) -> dict[str, int]:
    return {"tip": tip.pk, "channel": tip.payment.channel_id, "user": tip.payment.payer_id}


def lines() -> list[tuple[str, dict[str, str]]]:
    return [(line.kind, line.facts) for line in Message.objects.order_by("seq")]


def test_a_tip_is_said_once_with_its_words(alice_channel: Channel, bob: User, noon: datetime) -> None:
    tip = tip_of(bob, alice_channel, noon, "For the coffee")

    on_tip(facts_of(tip))
    on_tip(facts_of(tip))

    assert lines() == [("tip_words", {"person": "bob", "amount": "€5.00", "message": "For the coffee"})]


def test_held_words_are_said_when_somebody_has_shown_them(alice_channel: Channel, bob: User, noon: datetime) -> None:
    tip = tip_of(bob, alice_channel, noon, "Darn", words="held")
    on_tip(facts_of(tip))
    on_tip_shown(facts_of(tip))
    assert lines() == [("tip", {"person": "bob", "amount": "€5.00"})]

    tip.words = Tip.Words.SHOWN
    tip.save()
    on_tip_shown(facts_of(tip))
    on_tip_shown(facts_of(tip))

    assert lines()[1:] == [("tip_said", {"person": "bob", "amount": "€5.00", "message": "Darn"})]


def test_amounts_are_in_the_streamers_language(alice_channel: Channel, alice: User, bob: User, noon: datetime) -> None:
    alice.language = "fr"
    alice.save()

    on_tip(facts_of(tip_of(bob, alice_channel, noon, "")))

    ((_, facts),) = lines()
    assert facts["amount"].replace("\xa0", " ") == "5,00 €"
