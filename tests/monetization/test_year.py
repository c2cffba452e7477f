"""Years of renewals with failures: the ledger is what the gateway's lists come to. A small one is in test_renewals."""

from datetime import datetime

import pytest

from monetization.models import JointCharge, Payment
from tests.monetization.sandbox import Sandbox
from tests.monetization.year import Year

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


@pytest.mark.soak
@pytest.mark.slow_ok
@pytest.mark.parametrize("viewers", [8, 200])
def test_a_year_of_five_subscriptions_each(sandbox: Sandbox, noon: datetime, viewers: int) -> None:
    year = Year(sandbox, noon, viewers=viewers, channels=5)

    year.run()

    year.check_months()
    year.check_books()
    assert JointCharge.objects.filter(state="paid").exists()
    assert Payment.objects.filter(state="failed", is_off_session=True).exists()
