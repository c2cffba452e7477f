"""Money in the admin: buttons call actions, and what has been used isn't rewritten."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEntry, Channel, User
from monetization.ledger import balance_of, payable
from monetization.models import Adjustment, FeeRule, Payout, PayoutBatch, Tier
from monetization.money import Money
from monetization.tiers import open_tier
from tests.monetization.test_payouts import earn, with_bank
from tests.monetization.test_splits import HOLIDAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]
ADMIN = "/admin/monetization"


@pytest.fixture
def admin(client: Client, erin: User) -> Client:
    client.force_login(erin)
    return client


@pytest.fixture
def other_admin(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create(username="gina", email="g@example.com", is_staff=True, is_superuser=True))
    return client


def split(name: str, at: datetime) -> dict[str, str]:
    """A moment as the admin's two fields have it."""
    return {f"{name}_0": f"{at:%Y-%m-%d}", f"{name}_1": f"{at:%H:%M:%S}"}


def act(client: Client, model: str, action: str, *rows: Any, **facts: str) -> Any:
    given = {"action": action, "_selected_action": [row.pk for row in rows], **facts}
    return client.post(f"{ADMIN}/{model}/", given, follow=True)


def test_a_fee_holiday_in_24_countries_is_one_row(admin: Client, noon: datetime) -> None:
    fields: dict[str, Any] = {"kind": "ticket", "countries": HOLIDAY, "rate_bp": 0, "fixed_minor": 0, "note": "Launch"}
    end = noon + timedelta(days=30, seconds=59)

    answer = admin.post(f"{ADMIN}/feerule/add/", fields | split("starts_at", noon) | split("ends_at", end))

    assert answer.status_code == 302, answer.context["errors"]
    rule = FeeRule.objects.get()
    assert (sorted(rule.countries), rule.ends_at) == (HOLIDAY, end)
    assert AuditEntry.objects.filter(action="added fee rule").count() == 1


def test_a_rule_is_ended_and_not_rewritten(admin: Client, noon: datetime) -> None:
    rule = FeeRule.objects.create(kind="tip", rate_bp=1000, starts_at=noon)

    admin.post(f"{ADMIN}/feerule/{rule.pk}/change/", {"rate_bp": 1, **split("ends_at", noon + timedelta(days=1))})

    rule.refresh_from_db()
    assert (rule.rate_bp, rule.ends_at) == (1000, noon + timedelta(days=1))
    assert admin.post(f"{ADMIN}/feerule/{rule.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate_bp": 10_001},
        {"fixed_minor": 5},
        {"countries": ["ZZ"]},
        {"ends_at_0": "2020-01-01", "ends_at_1": "00:00:00"},
    ],
)
def test_rules_that_make_no_sense(admin: Client, wrong: dict[str, Any], noon: datetime) -> None:
    fields: dict[str, Any] = {"kind": "tip", "rate_bp": 1, "fixed_minor": 0, **split("starts_at", noon)}

    assert admin.post(f"{ADMIN}/feerule/add/", fields | wrong).status_code == 200
    assert not FeeRule.objects.exists()


def test_a_batch_is_made_exported_and_paid(admin: Client, alice: User, noon: datetime) -> None:
    answer = admin.post(f"{ADMIN}/payoutbatch/add/", {"currency": "eur"}, follow=True)
    assert "Nobody is owed as much" in answer.content.decode()
    assert not PayoutBatch.objects.exists()

    earn(with_bank(alice, noon), 1234, noon)
    admin.post(f"{ADMIN}/payoutbatch/add/", {"currency": "eur"})
    batch, payout = PayoutBatch.objects.get(), Payout.objects.get()
    assert "has seen nothing of it" in act(admin, "payoutbatch", "mark_paid", batch, reference="TX-9").content.decode()
    payout.refresh_from_db()
    assert payout.state == "made"
    assert act(admin, "payoutbatch", "export", batch).content.decode().count("12.34") == 1

    assert "Write the bank" in act(admin, "payoutbatch", "mark_paid", batch).content.decode()
    act(admin, "payoutbatch", "mark_paid", batch, reference="TX-9")
    payout.refresh_from_db()
    assert (payout.state, payout.reference) == ("paid", "TX-9")
    act(admin, "payout", "take_back", payout, reference="unknown account")
    assert balance_of(payable(alice), "eur") == Money(1234, "eur")


def test_who_leaves_is_paid_by_hand(admin: Client, alice: User, noon: datetime) -> None:
    earn(alice, 3, noon)

    act(admin, "bankaccount", "pay_all", with_bank(alice, noon).bank_account)

    assert Payout.objects.get().amount == Money(3, "eur")


def test_two_administrators_adjust(admin: Client, other_admin: Client, alice: User, erin: User) -> None:
    fields = {"creator": alice.pk, "currency": "eur", "amount_minor": 500, "reason": "Our mistake"}
    admin.post(f"{ADMIN}/adjustment/add/", fields)
    row = Adjustment.objects.get()
    assert (row.proposed_by, row.state) == (erin, "proposed")

    assert "Somebody else must confirm" in act(admin, "adjustment", "confirm", row).content.decode()
    act(other_admin, "adjustment", "confirm", row)

    assert balance_of(payable(alice), "eur") == Money(500, "eur")
    assert {entry.actor_name for entry in AuditEntry.objects.filter(action__contains="adjustment")} == {"erin", "gina"}


def test_a_tier_is_closed_for_its_owner(
    admin: Client, alice: User, alice_channel: Channel, erin: User, noon: datetime
) -> None:
    facts: dict[str, Any] = {"about": "", "perk_codes": [], "price": Money(100, "eur")}
    tier = open_tier(channel=alice_channel, by=alice, name="Friends", now=noon, **facts)

    act(admin, "tier", "close", tier)

    assert not Tier.objects.on_sale().exists()
    assert AuditEntry.objects.get(action="closed tier").actor == erin
    act(admin, "tier", "reopen", tier)
    assert Tier.objects.on_sale().exists()


@pytest.mark.parametrize(
    "model",
    [
        *("adjustment", "availability", "bankaccount", "feerule", "payout", "payoutbatch"),
        *("payoutthreshold", "residence", "taxrate", "tier", "tierprice", "subscription"),
    ],
)
def test_every_list_opens(admin: Client, model: str) -> None:
    assert admin.get(f"{ADMIN}/{model}/").status_code == 200
