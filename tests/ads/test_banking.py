"""What the gateway tells of prepaid money: banks that take it back, and a balance that agrees with the ledger."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEntry, User
from ads import flushing
from ads.actions import refund_unused, top_up
from ads.models import AdCharge, Advertiser, TopUp
from ads.spending import pool, unused
from monetization import hearing
from monetization.disputing import settle_dispute
from monetization.gateway import DisputeFacts
from monetization.ledger import DISPUTES, GATEWAY, TAX, balance_of
from monetization.models import Difference, WebhookEvent
from monetization.money import Money
from monetization.reconciling import reconcile
from tests.ads.conftest import Offer
from tests.ads.test_counting import tell
from tests.monetization.sandbox import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]
TEN = Money(1000, "eur")


def euros(account: Any) -> int:
    return balance_of(account, "eur").amount_minor


def test_what_a_bank_takes_back_is_not_there_to_be_spent(
    advertiser: Advertiser, line: object, offer: Offer, noon: Any
) -> None:
    facts = {"provider_id": "pi_1", "amount_minor": 600, "tax_minor": 100, "currency": "eur"}
    TopUp.objects.create(advertiser=advertiser, state="paid", created_at=noon, asked_at=noon, **facts)
    tell(offer(), "imp@0 view@12", noon)
    flushing.flush()

    def hear(state: Any, fee: int | None = None) -> None:
        about = DisputeFacts("du_1", "pi_1", Money(600, "eur"), state, "", None if fee is None else Money(fee, "eur"))
        before = [euros(account) for account in (GATEWAY, TAX, DISPUTES)]
        settle_dispute(about, noon)
        after = [euros(account) for account in (GATEWAY, TAX, DISPUTES)]
        moved.append(tuple(b - a for a, b in zip(before, after, strict=True)))

    moved: list[tuple[int, ...]] = []
    hear("asked")
    assert Advertiser.objects.get().state == "verified"
    hear("open")
    assert pool(advertiser) == Money(500, "eur")
    hear("open", 1500)
    hear("open", 1500)

    assert moved == [(0, 0, 0), (600, -100, 0), (1500, 0, -1500), (0, 0, 0)]
    assert Advertiser.objects.get().state == "refused"
    assert AdCharge.objects.get().doubt == "dispute"
    assert AuditEntry.objects.filter(action="dispute open").count() == 1

    # Won, it comes back, and nobody is verified by it.
    hear("won", 1500)
    hear("won", 1500)
    assert moved[4:] == [(-600, 100, 0), (0, 0, 0)]
    assert pool(advertiser) == TEN
    assert Advertiser.objects.get().state == "refused"


def test_the_gateway_and_the_ledger_agree_on_prepaid_money(advertiser: Advertiser, sandbox: Sandbox, bob: User) -> None:
    now, card = timezone.now(), sandbox.save_card(bob)
    kept, disputed = (top_up(advertiser=advertiser, amount=TEN, card=card, now=now) for _ in range(2))
    there = sandbox.ask("/sandbox/disputes", payment_intent=disputed.provider_id)["id"]
    hearing.catch_up(now)
    hearing.handle_waiting(WebhookEvent.objects.waiting().filter(object_id=there))
    assert unused(advertiser) == Money(2000, "eur")
    backs = refund_unused(advertiser=advertiser, by=bob, now=now)

    reconcile(now + timedelta(hours=2))

    abouts = [there, kept.provider_id, disputed.provider_id, *(row.provider_id for row in backs if row.provider_id)]
    assert not Difference.objects.filter(about__in=abouts).exists()
