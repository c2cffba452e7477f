"""Years of renewals with failures: the ledger is what the gateway's lists come to."""

from datetime import datetime

import pytest

from monetization.models import JointCharge, Payment
from tests.monetization.sandbox import Sandbox
from tests.monetization.year import Year

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


def check_year(year: Year) -> None:
    year.run()

    year.check_months()
    year.check_books()
    assert JointCharge.objects.filter(state="paid").exists()
    assert Payment.objects.filter(state="failed", is_off_session=True).exists()


@pytest.mark.slow_ok
def test_a_year_of_forty_subscriptions(sandbox: Sandbox, noon: datetime) -> None:
    check_year(Year(sandbox, noon, viewers=8, channels=5, declines=0.02))


@pytest.mark.soak
@pytest.mark.slow_ok
def test_a_year_of_a_thousand_subscriptions(sandbox: Sandbox, noon: datetime) -> None:
    check_year(Year(sandbox, noon, viewers=200, channels=5))
