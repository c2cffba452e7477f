"""Processes killed while somebody watches: the page, never loaded again, decodes frames again by itself."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import Eventually
from tests.e2e.encoder import Encoder
from tests.e2e.viewer import Viewer
from tests.stack import Channel, RunningStack

# Frames are decoded again within 10 s of the kill; a busy machine gets twice that.
AGAIN_WITHIN_S = 20.0
# Two in the lane; `make soak` kills them all.
PROGRAMS = ("packager", "ingest")
OTHERS = ("ffmpeg", "web", "redis", "edge", "postgres", "pgbouncer", "worker")
BESIDE = [pytest.param(name, marks=pytest.mark.soak) for name in OTHERS]


class Obs(threading.Thread):
    """An encoder that connects again a second after it was cut, as OBS does."""

    def __init__(self, channel: Channel, clip: Path) -> None:
        super().__init__(daemon=True)
        self._channel, self._clip = channel, clip
        self._over = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._over.is_set():
            encoder = Encoder(self._channel.publish_url, self._clip)
            while encoder.is_running and not self._over.wait(0.1):
                pass
            encoder.stop()
            self._over.wait(1)

    def stop(self) -> None:
        self._over.set()
        self.join()


@pytest.fixture(scope="module")
def broadcast(
    stack: RunningStack, clip: Path, browser: Browser, eventually: Eventually
) -> Iterator[tuple[Channel, Viewer]]:
    """One broadcast that lives through everything, and one page that watches it."""
    channel = stack.channel()
    obs = Obs(channel, clip)
    eventually(lambda: stack.is_playable(channel), within=10)
    page = Viewer(browser, channel.watch_url)
    page.wait_for_frames(30, within=15)
    yield channel, page
    page.close()
    obs.stop()


def newest_segment(stack: RunningStack, path: str) -> int:
    """The media sequence number of the newest segment; -1 while the edge doesn't answer."""
    try:
        text = httpx.get(stack.url + path, timeout=2).text
    except httpx.HTTPError:
        return -1
    first = re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", text)
    return int(first[1]) + text.count("#EXT-X-PROGRAM-DATE-TIME") - 1 if first else -1


def copying_ffmpeg(stack: RunningStack) -> int:
    """The ffmpeg that reads for the source rendition."""
    children = ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(stack.pid("packager"))]
    lines = subprocess.run(children, capture_output=True, text=True, check=True).stdout.splitlines()
    return next(int(line.split()[0]) for line in lines if "-codec:v copy" in line)


def kill(stack: RunningStack, program: str) -> None:
    if program == "ffmpeg":
        os.kill(copying_ffmpeg(stack), signal.SIGKILL)
    else:
        stack.kill(program)


@pytest.mark.parametrize("program", [*PROGRAMS, *BESIDE])
def test_the_page_plays_on_after_a_kill(
    stack: RunningStack, broadcast: tuple[Channel, Viewer], program: str, eventually: Eventually
) -> None:
    channel, page = broadcast
    state = eventually(lambda: stack.state(channel), within=5)
    media = state["playlist_url"].replace("master.m3u8", "source/media.m3u8")
    before = newest_segment(stack, media)

    kill(stack, program)
    killed = time.monotonic()

    # New segments are out, and the page decodes what came after the kill.
    seen = [before]
    while max(seen) < before + 3:
        assert time.monotonic() - killed < AGAIN_WITHIN_S, f"stuck at segment {max(seen)}, {page.stats}"
        page.page.wait_for_timeout(100)
        newest = newest_segment(stack, media)
        assert newest == -1 or newest >= max(seen), "the media sequence went back"
        seen.append(newest)
    page.wait_for_frames(45, within=max(5.0, AGAIN_WITHIN_S - (time.monotonic() - killed)))
    page.check_never_reloaded()


@pytest.mark.soak
def test_a_broadcast_that_outlasts_the_brokers_patience_has_one_packager(
    stack: RunningStack, broadcast: tuple[Channel, Viewer]
) -> None:
    """The kills above took longer than the visibility timeout of 40 s; each reader would be there twice."""
    children = ["ps", "-ww", "-o", "args=", "--ppid", str(stack.pid("packager"))]
    lines = subprocess.run(children, capture_output=True, text=True, check=True).stdout.splitlines()

    assert sum("-codec:v copy" in line for line in lines) == 1
