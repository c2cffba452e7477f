"""A broadcast that was interrupted twice, watched again; and one that is rewound while it is live."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Eventually
from tests.e2e.encoder import Encoder
from tests.e2e.pages.browsing import Stage, await_frames, await_stats, await_truth, barriers, log_in
from tests.stack import RunningStack

SESSIONS, SESSION_S = 3, 5
END = """
from django.utils import timezone
from streaming.actions import end_broadcast
from streaming.models import Broadcast
broadcast = Broadcast.objects.on_air().get(channel__name={name!r})
end_broadcast(broadcast=broadcast, now=timezone.now(), reason="ended")
print(broadcast.pk)
"""
# Two seconds into each session, by the recording's own clock, somebody says which it is.
SAY = """
from datetime import timedelta
from accounts.models import User
from chat.actions import open_main_room
from chat.models import Message, Room
from media_pipeline.recording import parse_index
from streaming.models import Broadcast
from streaming.recordings.models import RecordedRendition
broadcast = Broadcast.objects.get(pk={broadcast!r})
room, author = open_main_room(channel=broadcast.channel), User.objects.get(username="alice")
source = RecordedRendition.objects.get(recording__broadcast=broadcast, name="source")
times = [run[0].at for run in parse_index(source.playlist).runs()]
for number, at in enumerate(times, 1):
    at += timedelta(seconds=2)
    Message.objects.create(room=room, seq=number, author=author, text=f"session {{number}}", created_at=at, shown_at=at)
Room.objects.filter(pk=room.pk).update(last_seq=len(times))
"""
_SINCE_START = """(() => {
  const { times, rewind } = document.querySelector("live-player");
  return (times.playing - rewind.startedAt) / 1000;
})()"""
_PLAYER = "document.querySelector('replay-player video')"


def state_of(stack: RunningStack, name: str) -> str:
    answer = httpx.get(f"{stack.url}/api/channels/{name}/state", timeout=10).json()["broadcast"]
    return str(answer["state"]) if answer else "off"


def recording_of(stack: RunningStack, broadcast: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{stack.url}/api/broadcasts/{broadcast}/recording", timeout=10).json()
    return found


@pytest.fixture(scope="module")
def replay(stack: RunningStack, clip: Path, stages: dict[str, Stage], eventually: Eventually) -> str:
    """The address of a broadcast of three sessions that has ended; each session sent five seconds."""
    stage = stages["kept"]
    for _ in range(SESSIONS):
        encoder = Encoder(f"{stage.ingest_url}/{stage.stream_key}", clip, options=("-t", str(SESSION_S)))
        encoder.wait(within=SESSION_S + 15)
        eventually(lambda: state_of(stack, stage.name) == "interrupted", within=10)
    printed = stack.manage("shell", "--verbosity", "0", "--command", END.format(name=stage.name))
    broadcast = printed.splitlines()[-1].strip()
    eventually(lambda: recording_of(stack, broadcast)["storyboard_url"], within=40)
    return f"/@{stage.name}/{broadcast}"


def test_what_was_sent_is_there(stack: RunningStack, replay: str) -> None:
    recording = recording_of(stack, replay.rpartition("/")[2])

    assert recording["state"] == "ready"
    assert abs(recording["duration_s"] - SESSIONS * SESSION_S) < 1


def test_a_broadcast_with_two_interruptions_plays_whole(page: Page, replay: str) -> None:
    page.goto(replay)
    await_frames(page, 10)
    length = page.evaluate(f"{_PLAYER}.duration")
    assert abs(length - SESSIONS * SESSION_S) < 1

    # Through each interruption, and to the end.
    for session in range(1, SESSIONS):
        page.evaluate(f"{_PLAYER}.currentTime = {session * SESSION_S - 1}")
        await_truth(page, f"{_PLAYER}.currentTime > {session * SESSION_S + 1}")
    page.evaluate(f"{_PLAYER}.currentTime = {length - 2}")
    await_truth(page, f"{_PLAYER}.ended")


def test_the_seek_bar_shows_pictures_and_the_menu_qualities(page: Page, replay: str) -> None:
    page.goto(replay)
    await_frames(page, 10)
    seek = page.locator("media-time-range")
    expect(seek).to_be_visible()
    assert barriers(page) == []
    with page.expect_response(lambda response: response.url.endswith(".webp")):
        box = seek.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("media-time-range").locator("media-preview-thumbnail")).to_have_attribute(
        "mediapreviewcoords", re.compile(r"^\d+ 0 160 90$")
    )
    page.get_by_role("button", name="Quality and more").click()
    page.get_by_role("menuitemradio", name="Audio only").click()
    await_stats(page, lambda s: s["rendition"] == "audio" and s["width"] == 0 and s["bufferLength"] > 0.3)
    page.keyboard.press("ArrowRight")


def test_its_chat_runs_beside_it(page: Page, replay: str, stack: RunningStack) -> None:
    stack.manage("shell", "-v", "0", "-c", SAY.format(broadcast=replay.rpartition("/")[2]))
    page.goto(replay)
    await_frames(page, 5)
    page.evaluate(f"{_PLAYER}.pause()")
    said = page.locator("chat-replay .line__text")
    for session, shown in ((0, 0), (1, 1), (3, 3), (2, 2)):
        page.evaluate(f"{_PLAYER}.currentTime = {max(0.5, session * SESSION_S - 1)}")
        expect(said).to_have_text([f"session {number}" for number in range(1, shown + 1)])
    page.get_by_role("button", name="Hide the chat").click()
    expect(said.first).to_be_hidden()
    page.get_by_role("button", name="Show the chat").click()
    expect(said).to_have_count(2)
    page.evaluate(f"{_PLAYER}.currentTime = 0.5")
    expect(page.get_by_text("Nothing was said up to here.")).to_be_visible()


def test_a_viewer_finds_it_on_the_channels_page(page: Page, replay: str) -> None:
    page.goto(replay.rpartition("/")[0])
    page.get_by_role("region", name="Watch again").get_by_role("link").first.click()
    await_frames(page, 5)
    assert page.url.endswith(replay)


def test_its_streamer_downloads_and_deletes_it(
    page: Page, replay: str, tmp_path: Path, stack: RunningStack, eventually: Eventually
) -> None:
    log_in(page, "alice")
    page.goto(replay)
    page.get_by_role("button", name="Make an MP4 file").click()
    link = page.get_by_role("link", name="MP4")
    expect(link).to_be_visible(timeout=30_000)
    with page.expect_download() as begun:
        link.click()
    saved = tmp_path / "saved.mp4"
    begun.value.save_as(saved)
    entries = "format=duration:stream=codec_name"
    command = ["ffprobe", "-v", "error", "-show_entries", entries, "-of", "json", str(saved)]
    found = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    assert abs(float(found["format"]["duration"]) - SESSIONS * SESSION_S) < 1
    assert {stream["codec_name"] for stream in found["streams"]} == {"h264", "aac"}

    page.get_by_role("button", name="Delete recording").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete recording").click()
    expect(page.get_by_text("The recording is deleted.")).to_be_visible()
    eventually(lambda: recording_of(stack, replay.rpartition("/")[2])["state"] == "none", within=5)


@pytest.fixture
def rewound(clip: Path, stages: dict[str, Stage]) -> Iterator[Stage]:
    stage = stages["rewound"]
    encoder = Encoder(f"{stage.ingest_url}/{stage.stream_key}", clip)
    yield stage
    encoder.stop()


def test_a_live_broadcast_is_rewound_and_caught_up_with(page: Page, rewound: Stage) -> None:
    page.goto(f"/@{rewound.name}")
    await_frames(page, 15)
    began = time.monotonic()
    page.locator("live-player").hover()
    bar = page.get_by_role("slider", name="Go back in the broadcast")
    expect(bar).to_be_visible(timeout=20_000)
    await_truth(page, "document.querySelector('live-seek-bar input').max > 16", within_s=30)

    bar.focus()
    page.keyboard.press("Home")
    await_truth(page, "document.querySelector('live-player').rewind.isOn")
    await_frames(page, 30)
    assert page.evaluate(_SINCE_START) < 8
    behind = page.locator(".player__behind")
    expect(behind).to_contain_text("−0:")
    minutes, _, seconds = behind.inner_text().removeprefix("−").partition(":")
    assert 9 < 60 * int(minutes) + int(seconds) < time.monotonic() - began + 15

    page.locator("live-player").hover()
    page.locator("media-live-button").click()
    await_stats(page, lambda s: s["latency"] is not None and s["latency"] < 3)
    await_frames(page, 30)
    expect(behind).to_be_empty()
