"""What reaches the conductor, and credentials that run out."""

import time
from datetime import datetime

import pytest
from django.conf import settings
from django.test import override_settings

from realtime import broker
from spaces import orders, turn
from spaces.errors import TooOften
from spaces.limits import RATES, count

pytestmark = pytest.mark.usefixtures("fresh_house")


def test_an_order_that_came_too_late_is_dropped() -> None:
    orders.send("mute", seat="x", muted=True)
    text = broker.client().lpop(orders.LIST)
    assert isinstance(text, bytes)

    order = orders.read(text, time.time())
    assert order is not None
    assert (order["what"], order["muted"]) == ("mute", True)
    assert orders.read(text, time.time() + orders.LATE_S + 1) is None


def test_turn_credentials_are_ones_own_and_run_out(noon: datetime) -> None:
    assert turn.ice_servers("a", noon) == []

    env = settings.ENV.model_copy(update={"turn_url": "turn:turn.example.org", "turn_secret": "a secret"})
    with override_settings(ENV=env):
        (mine,), (others,) = turn.ice_servers("a", noon), turn.ice_servers("b", noon)
    assert mine["credential"] != others["credential"]
    assert int(mine["username"].partition(":")[0]) > noon.timestamp()


@pytest.mark.parametrize("what", RATES)
def test_everything_has_its_limit(what: str) -> None:
    for _time in range(RATES[what][0]):
        count(what, "somebody")

    with pytest.raises(TooOften):
        count(what, "somebody")
