"""Who is heard, seen and looked at, by what Janus says."""

from typing import Any

import pytest

from spaces.conductor.speakers import Speakers, Video


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
        ([talk("1"), talk("2"), stop("1")], [2], 1),
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
        speakers.note_audio(event, now=0.0)

    assert (speakers.talking, speakers.active) == (talking, active)


def test_videos_come_and_go() -> None:
    speakers = Speakers()
    shown = {"publishers": [{"id": "7", "streams": [{"type": "video", "mid": "0", "codec": "vp8", "simulcast": True}]}]}

    assert speakers.note_video(shown)
    assert not speakers.note_video(shown)
    assert speakers.videos == {7: Video("0", "vp8", is_layered=True)}
    assert speakers.note_video({"unpublished": "7"})
    assert not speakers.note_video({"unpublished": "7"})
    assert not speakers.note_video({"unpublished": "ok"})


def test_the_picture_follows_who_speaks_within_a_second() -> None:
    speakers = Speakers()
    speakers.note_audio(talk("1"), now=0.0)
    assert speakers.active == 1

    # Both for a while: nobody is interrupted.
    speakers.note_audio(talk("2"), now=2.0)
    moved = [time for time in (2.25, 2.5, 3.0) if speakers.update(time)]
    assert moved == []

    speakers.note_audio(stop("1"), now=3.0)
    moved = [time for time in (3.25, 3.5) if speakers.update(time)]
    assert (moved, speakers.active) == ([3.25], 2)

    # A word thrown in isn't enough.
    speakers.note_audio(talk("1"), now=4.0)
    speakers.note_audio(stop("1"), now=4.15)
    assert not any(speakers.update(time) for time in (4.25, 4.5, 4.75))


def show(person: str) -> dict[str, Any]:
    return {"publishers": [{"id": person, "streams": [{"type": "video", "mid": "0"}]}]}


def hide(person: str) -> dict[str, Any]:
    return {"unpublished": person}


@pytest.mark.parametrize(
    ("events", "seen"),
    [
        # The slate is for when nobody shows anything.
        ([talk("1")], None),
        ([show("2")], 2),
        ([talk("1"), show("2")], 2),
        ([show("2"), show("1"), talk("1")], 1),
        # Who speaks and shows nothing leaves the picture where it is.
        ([show("1"), show("2"), talk("2"), stop("2"), talk("3")], 2),
        ([show("1"), show("2"), talk("2"), stop("2"), talk("3"), hide("2")], 1),
        ([show("1"), show("2"), talk("3"), talk("2"), hide("1")], 2),
        ([show("1"), talk("1"), hide("1")], None),
        # It goes back to who is active with the first picture of theirs.
        ([show("2"), talk("1"), show("1")], 1),
        ([show("2"), show("1"), talk("1"), {"audiobridge": "event", "leaving": "1"}, hide("1")], 2),
    ],
)
def test_the_stream_shows_who_speaks_or_else_the_last_who_did(events: list[dict[str, Any]], seen: int | None) -> None:
    speakers = Speakers()
    for event in events:
        if "audiobridge" in event:
            speakers.note_audio(event, now=0.0)
        else:
            speakers.note_video(event)

    assert speakers.seen == seen
