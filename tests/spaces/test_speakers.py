"""Who is heard, seen and looked at, by what Janus says."""

from typing import Any

import pytest

from spaces.conductor.speakers import Speakers


def talk(person: str) -> dict[str, Any]:
    return {"audiobridge": "talking", "id": person}


def stop(person: str) -> dict[str, Any]:
    return {"audiobridge": "stopped-talking", "id": person}


def state(person: str, **facts: bool) -> dict[str, Any]:
    return {"audiobridge": "event", "participants": [{"id": person, "setup": True, "muted": False} | facts]}


@pytest.mark.parametrize(
    ("events", "talking", "active"),
    [
        ([talk("1")], [1], 1),
        ([talk("1"), stop("1")], [], 1),
        ([talk("1"), stop("1"), talk("2")], [2], 2),
        # Who talks keeps the picture while others fall in.
        ([talk("1"), talk("2")], [1, 2], 1),
        ([talk("1"), talk("2"), stop("1")], [2], 2),
        # Nothing says that somebody stopped who was muted.
        ([talk("1"), state("1", muted=True)], [], 1),
        ([state("1", muted=True), talk("1")], [], None),
        ([talk("1"), state("1", muted=True), state("1", muted=True), state("1")], [1], 1),
        ([talk("1"), state("1", muted=True), stop("1"), state("1")], [], 1),
        ([talk("1"), talk("2"), {"audiobridge": "event", "leaving": "1"}], [2], 2),
        ([talk("observer")], [], None),
    ],
)
def test_who_talks_is_looked_at(events: list[dict[str, Any]], talking: list[int], active: int | None) -> None:
    speakers = Speakers()
    for event in events:
        speakers.note_audio(event)

    assert (speakers.talking, speakers.active) == (talking, active)


def test_videos_come_and_go() -> None:
    speakers = Speakers()
    shown = {"publishers": [{"id": "7", "streams": [{"type": "video", "mid": "0"}]}]}

    assert speakers.note_video(shown)
    assert not speakers.note_video(shown)
    assert speakers.videos == {7: ["0"]}
    assert speakers.note_video({"unpublished": "7"})
    assert not speakers.note_video({"unpublished": "7"})
    assert not speakers.note_video({"unpublished": "ok"})
