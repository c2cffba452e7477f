from datetime import datetime

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Channel, User
from streaming.describing import Details, describe_channel_broadcast, details_of
from streaming.models import Broadcast, Category, Tag
from streaming.tags import MAX_LENGTH, get_or_make, normalise, parse_tags
from tests.streaming.conftest import FakeIngest
from tests.streaming.test_actions import admit


@pytest.mark.parametrize(
    ("typed", "tags"),
    [
        ("Jazz, jazz JAZZ", ["jazz"]),
        ("#live-coding;Rust", ["live-coding", "rust"]),
        ("  ", []),
        ("Straße ﬁne", ["strasse", "fine"]),
        ("音楽", ["音楽"]),
    ],
)
def test_tags_are_spelled_one_way(typed: str, tags: list[str]) -> None:
    assert parse_tags(typed) == tags


@pytest.mark.parametrize("typed", ["a b c d e f", "x" * 25, "a/b", "<b>", "a\x00b", "---"])
def test_what_is_no_tag_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        parse_tags(typed)


@given(st.text(max_size=40))
def test_a_spelling_is_its_own(text: str) -> None:
    try:
        once = normalise(text)
    except ValidationError:
        return
    assert normalise(once) == once
    assert 0 < len(once) <= MAX_LENGTH


@pytest.mark.django_db
def test_tags_are_made_once() -> None:
    first = get_or_make(["jazz", "blues"])

    assert get_or_make(["blues", "jazz"]) == first[::-1]
    assert Tag.objects.count() == 2


@pytest.mark.django_db
def test_a_live_edit_holds_now_and_next_time(
    alice_channel: Channel, alice: User, ingest: FakeIngest, noon: datetime
) -> None:
    music = Category.objects.create(name="Music", slug="music")
    broadcast = admit(alice_channel, noon).broadcast
    details = Details("Evening jazz", music, ["jazz"], "fr", is_mature=True)

    describe_channel_broadcast(channel=alice_channel, details=details, by=alice)

    broadcast.refresh_from_db()
    assert details_of(broadcast) == details
    Broadcast.objects.update(state="ended", ended_at=noon)
    ingest.streams.clear()
    later = admit(alice_channel, noon.replace(hour=20), client_id="9").broadcast
    assert later.pk != broadcast.pk
    assert details_of(later) == details
