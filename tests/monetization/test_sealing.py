"""Numbers of bank accounts lie sealed, are shown by their last four, and go on to the bank while the secret changes."""

import csv
import logging
from datetime import datetime

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from accounts.models import AuditEntry, User
from monetization import payouts
from monetization.banking import keep_account
from monetization.exporting import export_batches
from monetization.leaving import earnings_facts
from monetization.models import BankAccount, PayoutBatch
from tests.monetization.test_payouts import IBAN, earn, with_bank
from tests.streaming.conftest import SetEnv, set_env

__all__ = ["set_env"]
pytestmark = pytest.mark.django_db

FIRST, SECOND = "a first secret of thirty-two letters", "a second secret of thirty-two letters"


@pytest.fixture
def batch(set_env: SetEnv, alice: User, erin: User, noon: datetime) -> PayoutBatch:
    set_env(bank_secrets=[FIRST])
    earn(with_bank(alice, noon), 1234, noon)
    return payouts.make_batch(currency="eur", by=erin, now=noon)


def numbers_in(batch: PayoutBatch, by: User, now: datetime) -> list[str]:
    table = export_batches(batches=[batch], by=by, now=now).removeprefix("\ufeff")
    return [row["account_number"] for row in csv.DictReader(table.splitlines())]


def test_the_database_holds_no_number_and_the_bank_gets_it(batch: PayoutBatch, erin: User, noon: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_to_json(a)::text || row_to_json(p)::text"
            " FROM monetization_bankaccount a, monetization_payout p, monetization_payoutbatch b"
        )
        (kept,) = cursor.fetchone()
    assert IBAN[:-4] not in kept
    assert kept.count('"sealed:') == 2
    assert numbers_in(batch, erin, noon) == [IBAN]
    assert AuditEntry.objects.get(action="exported payout batch").facts["numbers"] == 1
    assert AuditEntry.objects.filter(facts__icontains=IBAN).count() == 0


def test_people_are_shown_how_it_ends(batch: PayoutBatch, alice: User, erin: User, client: Client) -> None:
    facts = earnings_facts(alice)
    assert facts["bank_account"] == {"holder": "Alice", "ends_in": "3000", "bic": ""}
    assert [one["ends_in"] for one in facts["payouts"]] == ["3000"]

    client.force_login(erin)
    account, payout = BankAccount.objects.get(), batch.payouts.get()
    for path in ("bankaccount/", "payout/", f"bankaccount/{account.pk}/change/", f"payout/{payout.pk}/change/"):
        page = client.get(f"/admin/monetization/{path}").content.decode()
        assert "3000" in page or "change" in path
        assert "sealed:" not in page
        assert IBAN not in page


def test_a_secret_is_replaced_without_anybody_noticing(
    batch: PayoutBatch, erin: User, noon: datetime, set_env: SetEnv
) -> None:
    set_env(bank_secrets=[SECOND, FIRST])
    assert numbers_in(batch, erin, noon) == [IBAN]
    call_command("sealbanks")
    set_env(bank_secrets=[SECOND])
    assert numbers_in(batch, erin, noon) == [IBAN]


def test_without_its_secret_nothing_goes_to_the_bank_and_somebody_is_told(
    batch: PayoutBatch, erin: User, set_env: SetEnv, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    set_env(bank_secrets=[SECOND])
    client.force_login(erin)
    asked = {"action": "export", "_selected_action": [batch.pk]}
    with caplog.at_level(logging.ERROR):
        page = client.post("/admin/monetization/payoutbatch/", asked, follow=True).content.decode()

    assert "BANK_SECRETS" in page
    assert "BANK_SECRETS" in caplog.text
    batch.refresh_from_db()
    assert batch.exported_at is None
    with pytest.raises(CommandError):
        call_command("sealbanks")


def test_a_number_that_is_none_isnt_kept(alice: User, noon: datetime) -> None:
    for number in ("DE89370400440532013001", "1" * 35, ""):
        with pytest.raises(ValidationError):
            keep_account(user=alice, holder="Alice", number=number, bic="", by=alice, now=noon)
    assert not BankAccount.objects.exists()
