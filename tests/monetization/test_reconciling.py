"""Each night the gateway's balance is held against the ledger; what differs is told once, and somebody closes it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, Channel, User
from monetization import hearing
from monetization.models import Card, Difference, Payment, WebhookEvent
from monetization.money import Money
from monetization.reconciling import reconcile
from monetization.refunding import refund
from monetization.settling import _charge_again, settle
from monetization.tips import _open, give_tip
from tests.monetization.sandbox import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

FIVE = Money(500, "eur")


def give(card: Card, channel: Channel) -> Payment:
    return give_tip(giver=card.user, channel=channel, amount=FIVE, message="", card=card, now=timezone.now())


def hear(*about: str) -> None:
    hearing.catch_up(timezone.now())
    hearing.handle_waiting(WebhookEvent.objects.waiting().filter(object_id__in=about))


def found(*about: str) -> dict[str, tuple[str, int, int]]:
    """What is told of these, two nights in a row; what other tests had the gateway do is told as well."""
    reconcile(timezone.now() + timedelta(hours=2))
    told = Difference.objects.count()
    assert reconcile(timezone.now() + timedelta(hours=3)) == 0
    assert Difference.objects.count() == told
    rows = Difference.objects.filter(about__in=about)
    return {row.about: (row.kind, row.there_minor, row.here_minor) for row in rows}


def test_what_agrees_is_no_difference(sandbox: Sandbox, card: Card, tipped: Channel, alice: User) -> None:
    kept, returned, failed, disputed = payments = [give(card, tipped) for _ in range(4)]
    refunds = [
        refund(payment=one, amount=Money(200, "eur"), by=alice, reason="", now=timezone.now())
        for one in (returned, failed)
    ]
    sandbox.ask(f"/sandbox/refunds/{refunds[1].provider_id}/fail")
    there = sandbox.ask("/sandbox/disputes", payment_intent=disputed.provider_id)["id"]
    sandbox.ask(f"/sandbox/disputes/{there}/close", status="won")
    hear(there, refunds[1].provider_id)

    assert kept.is_paid
    assert found(there, *(one.provider_id for one in payments), *(one.provider_id for one in refunds)) == {}


def test_what_differs_is_told_once(sandbox: Sandbox, card: Card, tipped: Channel) -> None:
    lacking, invented = give(card, tipped), give(card, tipped)
    unheard = sandbox.ask("/v1/refunds", payment_intent=lacking.provider_id, amount="100")["id"]
    Payment.objects.filter(pk=invented.pk).update(provider_id="pi_invented")
    # Settled before its fee was known.
    early = _open(card.user, tipped, FIVE, "", card, timezone.now())
    there = settle(replace(_charge_again(early, timezone.now()), fee=None), timezone.now())
    assert there is not None

    assert found(unheard, "pi_invented", there.provider_id, lacking.provider_id) == {
        unheard: ("not_here", -100, 0),
        "pi_invented": ("not_there", 0, 467),
        there.provider_id: ("differs", 467, 500),
    }


def test_somebody_closes_it_and_says_what_it_was(erin: User, client: Client, noon: datetime) -> None:
    row = Difference.objects.create(kind="not_here", about="re_1", currency="eur", there_minor=-100, found_at=noon)
    client.force_login(erin)
    asked = {"action": "close", "_selected_action": [row.pk]}

    page = client.post("/admin/monetization/difference/", asked, follow=True).content.decode()
    assert "Say beside the action" in page
    client.post("/admin/monetization/difference/", asked | {"note": "By phone"}, follow=True)

    row.refresh_from_db()
    assert (row.closed_by, row.note) == (erin, "By phone")
    assert AuditEntry.objects.filter(action="closed difference").count() == 1
    again = client.post("/admin/monetization/difference/", asked | {"note": "Again"}, follow=True)
    assert "settled already" in again.content.decode()
