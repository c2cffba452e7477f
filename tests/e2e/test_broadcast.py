"""From an encoder to decoded frames in a browser."""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Eventually, StartEncoder, Watch
from tests.e2e.encoder import Encoder
from tests.stack import Channel, RunningStack


def source_text(stack: RunningStack, channel: Channel) -> str:
    """The media playlist of the source rendition."""
    state = stack.state(channel)
    assert state is not None
    path = state["playlist_url"].replace("master.m3u8", "source/media.m3u8")
    return httpx.get(stack.url + path, timeout=10).text


@pytest.fixture(scope="module")
def live(stack: RunningStack, clip: Path, eventually: Eventually) -> Iterator[tuple[Channel, Encoder]]:
    """A broadcast that is on air throughout this file, and who sends it."""
    channel = stack.channel()
    encoder = Encoder(channel.publish_url, clip)
    eventually(lambda: stack.is_playable(channel), within=6)
    yield channel, encoder
    encoder.stop()


def test_a_stream_plays(live: tuple[Channel, Encoder], viewer: Watch) -> None:
    page = viewer(live[0])
    page.wait_for_frames(30, within=10)

    assert page.stats["state"] == "playing"
    assert page.stats["latency"] < 5
    page.check_never_reloaded()


def test_other_players_play_the_same_address(
    stack: RunningStack, live: tuple[Channel, Encoder], eventually: Eventually
) -> None:
    channel, _encoder = live
    # Players that know no parts start when there is a whole segment.
    eventually(lambda: "#EXTINF" in source_text(stack, channel), within=8)

    command = ["ffmpeg", "-v", "error", "-i", channel.playlist_url, "-map", "0:v:0", "-map", "0:a:0", "-t", "3"]
    done = subprocess.run([*command, "-f", "null", "-"], capture_output=True, text=True, timeout=40, check=False)

    assert done.returncode == 0, done.stderr


def test_an_encoder_that_drops_for_ten_seconds_comes_back_to_the_same_page(
    stack: RunningStack, encoder: StartEncoder, viewer: Watch, eventually: Eventually
) -> None:
    channel = stack.channel()
    first = encoder(channel)
    eventually(lambda: stack.is_playable(channel), within=6)
    page = viewer(channel)
    page.wait_for_frames(30, within=10)
    before = stack.state(channel)

    first.stop()
    page.wait_for_state("interrupted", within=8)
    eventually(lambda: time.monotonic() - first.started_at > 15, within=20)
    encoder(channel)
    took = page.wait_for_frames(15, within=6)

    after = stack.state(channel)
    assert before is not None
    assert after is not None
    assert before["broadcast"] == after["broadcast"]
    assert took < 6
    page.check_never_reloaded()


def test_a_second_encoder_is_refused_and_the_first_goes_on(
    stack: RunningStack, live: tuple[Channel, Encoder], encoder: StartEncoder, eventually: Eventually
) -> None:
    channel, first = live
    eventually(lambda: time.monotonic() - first.started_at > 4, within=6)

    second = encoder(channel)

    assert second.wait(within=6) != 0
    assert first.is_running
    state = stack.state(channel)
    assert state is not None
    assert state["state"] == "live"


def test_nobody_plays_from_ingest(stack: RunningStack, live: tuple[Channel, Encoder]) -> None:
    channel, _encoder = live
    for name in (channel.stream_key, channel.channel):
        probe = ["ffprobe", "-v", "error", "-rw_timeout", "3000000", f"{channel.ingest_url}/{name}"]
        assert subprocess.run(probe, capture_output=True, timeout=20, check=False).returncode != 0
    for path in ("/ingest/hooks/publish", "/ingest/", "/ingest/hooks/play"):
        assert httpx.post(stack.url + path, data={"name": channel.stream_key}).status_code == 404


def test_a_wrong_key_is_refused_at_once(stack: RunningStack, encoder: StartEncoder) -> None:
    channel = stack.channel()
    wrong = replace(channel, stream_key=channel.stream_key[:-4] + "aaaa")

    assert encoder(wrong).wait(within=5) != 0
    assert stack.state(channel) is None
