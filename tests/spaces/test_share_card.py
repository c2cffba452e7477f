"""The picture that links to a Space show elsewhere."""

import io
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.actions import set_avatar
from accounts.models import User
from spaces import actions, limits, share_card
from spaces.actions import Plan
from spaces.models import Space

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


def picture(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def test_its_page_names_a_picture_that_anybody_may_get(client: Client, staged: Space) -> None:
    page = client.get(f"/spaces/{staged.pk}").text
    (address,) = re.findall(r'property="og:image" content="http://testserver([^"]+)"', page)
    reply = client.get(address)

    assert (reply["Content-Type"], picture(reply.content).size) == ("image/png", (1200, 630))
    assert "public" in reply["Cache-Control"]
    assert len(reply.content) < 150_000


def test_it_shows_what_the_space_is_by_now(staged: Space, alice: User) -> None:
    assert share_card.kept(staged) is None
    first = share_card.draw(staged)
    assert share_card.kept(staged) == first
    actions.change(space=staged, plan=Plan("Another title"), by=alice, now=timezone.now())
    staged.refresh_from_db()
    renamed = share_card.draw(staged)
    actions.end(space=staged, by=alice, now=timezone.now())
    staged.refresh_from_db()

    assert len({first, renamed, share_card.draw(staged)}) == 3


def test_it_shows_the_hosts_face(staged: Space, alice: User) -> None:
    set_avatar(user=alice, picture=Image.new("RGB", (400, 400), "#00ff00"))
    staged.host.refresh_from_db()

    red, green, blue = picture(share_card.draw(staged)).getpixel((138, 492))  # type: ignore[misc]
    assert green > 200 > 60 > red + blue


@pytest.mark.parametrize("title", ["W" * 140, "a " * 70, "مساء الخير", "x"])
def test_any_title_fits(alice: User, staged: Space, title: str) -> None:
    later = Plan(title, starts_at=timezone.now() + timedelta(days=1))
    space = actions.plan(channel=staged.channel, host=alice, plan=later, now=timezone.now())
    drawn = picture(share_card.draw(space))

    # The edges stay empty.
    for box in ((1140, 0, 1200, 630), (0, 400, 1200, 420)):
        assert drawn.crop(box).getcolors() == [((box[2] - box[0]) * (box[3] - box[1]), (15, 17, 19))]


def test_drawing_is_bounded_and_what_is_drawn_is_not(
    client: Client, staged: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.RATES, "card", (1, 60))
    path = f"/spaces/{staged.pk}/card.png"
    assert [client.get(path).status_code for _time in range(3)] == [200] * 3

    Space.objects.update(sequence=9)
    assert client.get(path).status_code == 429
