"""A year of renewals with failures: the ledger is what the gateway's own lists come to."""

from datetime import datetime

import pytest

from monetization.models import Contract, JointCharge
from tests.monetization.sandbox import Sandbox
from tests.monetization.year import Year

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


def test_a_year_of_forty_subscriptions(sandbox: Sandbox, noon: datetime) -> None:
    year = Year(sandbox, noon, viewers=8, channels=5)

    year.run()

    year.check_months()
    year.check_books()
    assert JointCharge.objects.filter(state="paid").count() > 50
    assert JointCharge.objects.filter(state="failed").exists()
    assert Contract.objects.filter(state="ended").exists()


@pytest.mark.soak
@pytest.mark.slow_ok
def test_a_year_of_a_thousand_subscriptions(sandbox: Sandbox, noon: datetime) -> None:
    year = Year(sandbox, noon, viewers=200, channels=5)

    year.run()

    year.check_months()
    year.check_books()
