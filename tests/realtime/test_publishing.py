import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime import topics
from realtime.errors import NotAllowed
from realtime.publishing import LARGEST_EVENT, encode_event
from realtime.wire import LARGEST_FRAME, encode_frames


@dataclass(frozen=True)
class Renamed:
    type: ClassVar[str] = "renamed"
    title: str
    at: datetime


def test_a_dataclass_is_sent_with_its_type_and_topic() -> None:
    event = Renamed("Grüezi", datetime(2026, 6, 1, 12, tzinfo=UTC))

    assert json.loads(encode_event("broadcast.1", event)) == {
        "topic": "broadcast.1",
        "type": "renamed",
        "title": "Grüezi",
        "at": "2026-06-01T12:00:00Z",
    }


def test_an_event_has_a_type_and_a_bound() -> None:
    with pytest.raises(ValueError, match="no type"):
        encode_event("broadcast.1", {"title": "x"})
    with pytest.raises(ValueError, match="bytes"):
        encode_event("broadcast.1", {"type": "long", "text": "ü" * LARGEST_EVENT})


@given(st.lists(st.integers(2, LARGEST_EVENT - 2), max_size=30))
def test_frames_hold_all_events_in_order_and_are_bounded(sizes: list[int]) -> None:
    events = [b'"' + b"x" * size + b'"' for size in sizes]

    frames = [_payload(frame) for frame in encode_frames(events)]

    assert [text for frame in frames for text in json.loads(frame)] == ["x" * size for size in sizes]
    assert all(len(frame) <= LARGEST_FRAME for frame in frames)


def _payload(frame: bytes) -> bytes:
    """RFC 6455 5.2: a final text frame, unmasked."""
    assert frame[0] == 0x81
    if frame[1] < 126:
        assert len(frame) == 2 + frame[1]
        return frame[2:]
    assert frame[1] == 126
    assert len(frame) == 4 + int.from_bytes(frame[2:4], "big")
    return frame[4:]


@given(st.text(max_size=200) | st.none() | st.integers() | st.lists(st.text()))
def test_no_text_opens_a_topic(text: object) -> None:
    with pytest.raises(NotAllowed):
        topics.find(text)


def test_a_prefix_is_registered_once() -> None:
    with pytest.raises(ValueError, match="already"):
        topics.register("broadcast", lambda person, key: True)
