"""Tips from a Space: the button leads to the channel's, its chat says so, and the way leads back."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat.models import Message
from monetization.actions import give_tip
from monetization.models import TipSettings
from monetization.money import Money
from realtime import outbox
from spaces.models import Space
from tests.monetization.sandbox import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


def test_a_tip_from_the_room_is_said_in_its_chat(
    client: Client, sandbox: Sandbox, staged: Space, alice: User, bob: User
) -> None:
    page = staged.get_absolute_url()
    assert "/@alice/tip" not in client.get(page).text
    TipSettings.objects.create(channel=staged.channel, is_on=True, currency="eur")
    for user, is_offered in ((bob, True), (alice, False)):
        client.force_login(user)
        assert ("/@alice/tip" in client.get(page).text) == is_offered

    client.force_login(bob)
    card = sandbox.save_card(bob)
    assert f'href="{page}"' in client.get("/@alice/tip").text
    payment = give_tip(
        giver=bob, channel=staged.channel, amount=Money(500, "eur"), message="Well said", card=card, now=timezone.now()
    )
    while outbox.deliver_next(timezone.now()):
        pass

    said = Message.objects.get(kind="tip_words")
    assert (said.facts["person"], said.facts["message"]) == ("bob", "Well said")
    assert "Well said" in client.get(page).text
    assert f'href="{page}"' in client.get(f"/money/payments/{payment.pk}").text
