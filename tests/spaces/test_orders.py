"""What reaches the conductor, the slate, and credentials that run out."""

import io
import time
from datetime import datetime

import pytest
from django.conf import settings
from django.test import override_settings
from PIL import Image

from accounts.models import Channel, User
from realtime import broker
from spaces import actions, orders, turn
from spaces.conductor import house, slate
from spaces.conductor.slate import Face
from spaces.errors import NotToThem, TooOften
from spaces.limits import RATES, count
from spaces.models import Space

pytestmark = pytest.mark.usefixtures("fresh_house")


def test_an_order_that_came_too_late_is_dropped() -> None:
    orders.send("mute", seat="x", muted=True)
    text = broker.client().lpop(orders.LIST)
    assert isinstance(text, bytes)

    order = orders.read(text, time.time())
    assert order is not None
    assert (order["what"], order["muted"]) == ("mute", True)
    assert orders.read(text, time.time() + orders.LATE_S + 1) is None


@pytest.mark.parametrize("people", [1, 5, 13])
def test_the_slate_shows_who_talks(people: int) -> None:
    faces = [Face(number, f"Somebody number {number}", number % 12) for number in range(people)]
    quiet, loud = (
        slate.draw("A title that goes over two lines " * 3, "alice", faces, talking) for talking in ((), (0,))
    )

    image = Image.open(io.BytesIO(loud))
    assert image.size == (slate.WIDTH, slate.HEIGHT)
    assert quiet != loud
    assert (0x5F, 0xC4, 0x8F) in {colour for _count, colour in image.getcolors(1 << 16) or []}


@pytest.mark.django_db(transaction=True)
def test_a_space_is_put_on_its_channel_by_those_who_run_it(
    staged: Space, alice: User, carol: User, alice_channel: Channel
) -> None:
    with pytest.raises(NotToThem):
        actions.relay(space=staged, is_relayed=True, by=carol)
    actions.relay(space=staged, is_relayed=True, by=alice)
    show = house.read_stages()[str(staged.pk)].show
    assert show is not None
    assert show.address == f"{settings.ENV.ingest_rtmp_url}/{alice_channel.stream_key}"
    assert {face.name for face in show.faces} == {"alice", "bob", "carol"}

    # Whose the Space is now doesn't run the channel.
    actions.hand_over(space=staged, user=carol, by=alice)
    assert house.read_stages()[str(staged.pk)].show is None


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
