"""Saved cards: one's own, one of them used first, and gone when they are removed."""

from typing import Any

import pytest
from django.utils import timezone

from accounts import deletion
from accounts.models import User
from monetization import actions
from monetization.errors import CardNotSaved
from monetization.gateway import open_gateway
from monetization.models import Card, Customer
from tests.monetization.sandbox import ASKS, DECLINED, GOOD, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


def test_the_newest_card_is_used_first_until_another_is_preferred(sandbox: Sandbox, bob: User) -> None:
    old, new = sandbox.save_card(bob), sandbox.save_card(bob, ASKS)

    assert [card.pk for card in bob.cards.all()] == [new.pk, old.pk]
    actions.prefer(old)
    assert [card.is_default for card in (Card.objects.get(pk=old.pk), Card.objects.get(pk=new.pk))] == [True, False]
    assert str(old) == "Visa •••• 4242"
    assert Customer.objects.count() == 1


def test_a_removed_card_is_gone_there_too_and_another_is_used_first(sandbox: Sandbox, bob: User) -> None:
    old, new = sandbox.save_card(bob), sandbox.save_card(bob)

    actions.remove(new)

    assert [(card.pk, card.is_default) for card in bob.cards.all()] == [(old.pk, True)]
    assert open_gateway()._client.v1.payment_methods.retrieve(new.provider_id).customer is None


def test_somebody_elses_card_is_not_kept(sandbox: Sandbox, bob: User, dave: User) -> None:
    sandbox.save_card(dave)
    setup = actions.start_saving(bob)
    sandbox.confirm_setup(setup.provider_id, setup.client_secret, GOOD)

    for user, setup_id in ((dave, setup.provider_id), (bob, "seti_guessed"), (bob, "")):
        with pytest.raises(CardNotSaved):
            actions.finish_saving(user=user, setup_id=setup_id, now=timezone.now())

    assert not bob.cards.exists()


@pytest.mark.parametrize("number", [None, DECLINED])
def test_one_that_was_not_confirmed_is_not_kept(sandbox: Sandbox, bob: User, number: str | None) -> None:
    setup = actions.start_saving(bob)
    if number:
        sandbox.confirm_setup(setup.provider_id, setup.client_secret, number)

    with pytest.raises(CardNotSaved):
        actions.finish_saving(user=bob, setup_id=setup.provider_id, now=timezone.now())


def test_keeping_the_same_card_twice_is_one_card(sandbox: Sandbox, bob: User) -> None:
    setup = actions.start_saving(bob)
    sandbox.confirm_setup(setup.provider_id, setup.client_secret, GOOD)
    for _ in range(2):
        actions.finish_saving(user=bob, setup_id=setup.provider_id, now=timezone.now())

    assert bob.cards.count() == 1


def test_a_deleted_account_leaves_no_card(
    sandbox: Sandbox,
    bob: User,
    django_capture_on_commit_callbacks: Any,
) -> None:
    card = sandbox.save_card(bob)

    with django_capture_on_commit_callbacks(execute=True):
        deletion.forget(user=bob, by=bob, now=timezone.now())

    assert not Card.objects.exists()
    assert open_gateway()._client.v1.payment_methods.retrieve(card.provider_id).customer is None
