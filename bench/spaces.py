"""What a Space costs, and how quick it is: `python -m bench.spaces`.

The whole process table, and everybody's page in one headless Chromium with a fake camera (640 by 360, 20 pictures
a second) and a microphone of Web Audio's, by way of loopback. One JSON line; medians, with every run beside them:
- `speakers_3`, `speakers_6`, and `..._video` with three of them showing video: CPU of Janus for each speaker, and of
  the conductor, in percent of a core, from /proc, in windows of `--seconds` while everybody sends (a sound that isn't
  heard: Opus is sent all the same)
- `composed`: CPU of the compositor, of Janus and of the conductor while three are on the stage and the Space is on its
  channel: with the `slate`, and with a `picture` that comes in two layers
- `join_ms`: from the click of somebody with a place on the stage to a connection that stands
- `video_ms`: from "video on" to the first picture in another page
- `switch_ms`: from a voice to another page's naming it the active speaker
- `ear_ms`: from a voice to its sound in the page of a listener with a seat
- `channel_ms`, `glass_ms`: the same on the channel's page, by LL-HLS, and from a screen's turning white to its being
  white there; at most 3 s are the goal of both
Encoding and decoding share the machine: where that is short of CPU the times say so, and Janus's share doesn't.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.fanout import cpu_s
from bench.instance import Instance, note, running_instance
from bench.packager import children
from bench.spaces_guests import FLAGS, Guest, gathering
from bench.viewer import chromium
from tests.run import build_loopback

SHOWN = 3
CHANNEL_GOAL_MS = 3000.0
_SETTLE_S = 2.0
_SOUND = "document.querySelector('html > audio[data-space]').srcObject"
_VIDEO = "document.querySelector('live-player video')"
_PLAYER = f"{_VIDEO}.captureStream()"
_PLAYS = "() => { const video = document.querySelector('live-player video'); return video && video.currentTime > 3; }"
_RELAY = "async (relayed) => (await import('lib/space')).currentSpace().command('relay', { relayed })"


def measured(runs: list[float]) -> dict[str, Any]:
    return {"median": round(statistics.median(runs), 1), "runs": [round(run, 1) for run in runs]}


def shares_of(pids: dict[str, int], runs: int, seconds: float) -> dict[str, list[float]]:
    """Of a core, in percent, in each window."""
    time.sleep(_SETTLE_S)
    shares: dict[str, list[float]] = {name: [] for name in pids}
    for _run in range(runs):
        before, began = {name: cpu_s(pid) for name, pid in pids.items()}, time.monotonic()
        time.sleep(seconds)
        passed = time.monotonic() - began
        for name, pid in pids.items():
            shares[name].append(100 * (cpu_s(pid) - before[name]) / passed)
    return shares


def gateway(instance: Instance) -> dict[str, int]:
    return {name: instance.stack.pid(name) for name in ("sfu", "conductor")}


def watch_cpu(instance: Instance, speakers: int, runs: int, seconds: float) -> dict[str, Any]:
    """What Janus takes for each speaker, and the conductor for all of them."""
    shares = shares_of(gateway(instance), runs, seconds)
    each = [share / speakers for share in shares["sfu"]]
    return {"janus_percent_each": measured(each), "gateway_percent": measured(shares["conductor"])}


def watch_composed(instance: Instance, speaker: Guest, runs: int, seconds: float) -> dict[str, Any]:
    """The same of the whole stage, and what the compositor takes beside them: for the slate, then for a picture."""
    speaker.await_true(lambda: not children(instance.stack.pid("conductor")))
    speaker.page.evaluate(_RELAY, True)
    try:
        speaker.await_true(lambda: children(instance.stack.pid("conductor")))
        (compositor,) = children(instance.stack.pid("conductor"))
        pids = gateway(instance) | {"compositor": compositor}
        slate = shares_of(pids, runs, seconds)
        speaker.show(True)
        picture = shares_of(pids, runs, seconds)
    finally:
        speaker.show(False)
        speaker.page.evaluate(_RELAY, False)
    names = {"compositor": "compositor_percent", "sfu": "janus_percent", "conductor": "gateway_percent"}
    return {
        what: {names[name]: measured(runs) for name, runs in shares.items()}
        for what, shares in (("slate", slate), ("picture", picture))
    }


def time_joins(guest: Guest, runs: int) -> list[float]:
    """The first one, who is in afterwards, comes without a run's being counted."""
    guest.join()
    times = []
    for _run in range(runs):
        guest.leave()
        guest.page.wait_for_timeout(300)
        times.append(guest.join())
    return times


def time_videos(shower: Guest, viewer: Guest, runs: int) -> list[float]:
    times = []
    for _run in range(runs):
        asked_at = shower.show(True)
        times.append(viewer.await_picture(shower) - asked_at)
        shower.show(False)
        viewer.page.wait_for_timeout(500)
    return times


def time_switches(one: Guest, other: Guest, viewer: Guest, runs: int) -> list[float]:
    """Two take turns, and never speak at once."""
    times, speakers = [], [one, other]
    for run in range(runs + 1):
        speaker, silent = speakers[run % 2], speakers[1 - run % 2]
        silent.hum(False)
        viewer.page.wait_for_timeout(1500)
        began = speaker.hum(True)
        times.append(viewer.await_active(speaker) - began)
    for guest in speakers:
        guest.hum(False)
    # The first had nobody before it.
    return times[1:]


def time_sounds(speaker: Guest, listener: Guest, source: str, runs: int) -> list[float]:
    listener.open_ears(source)
    times = []
    for _run in range(runs):
        listener.await_hush()
        began = speaker.hum(True)
        times.append(listener.await_sound() - began)
        speaker.hum(False)
    return times


def time_flashes(speaker: Guest, viewer: Guest, runs: int) -> list[float]:
    speaker.share(True)
    speaker.flash(False)
    viewer.open_eyes(_VIDEO)
    times = []
    for _run in range(runs):
        viewer.await_dark()
        # No picture of before is still on its way, and key frames come when they come.
        viewer.page.wait_for_timeout(700)
        began = speaker.flash(True)
        times.append(viewer.await_bright() - began)
        speaker.flash(False)
    speaker.share(False)
    return times


@contextmanager
def on_channel(instance: Instance, speaker: Guest, listener: Guest) -> Iterator[Guest]:
    """The host puts it on the channel, where somebody without a seat hears and sees it."""
    speaker.page.evaluate(_RELAY, True)
    page = listener.page.context.new_page()
    page.goto(f"{instance.stack.values['PUBLIC_URL']}/@bench")
    outside = Guest(0, page)
    outside.await_true(lambda: page.evaluate(_PLAYS))
    # The player comes nearer to the live edge for a while, and nobody has spoken since.
    page.wait_for_timeout(4000)
    try:
        yield outside
    finally:
        speaker.page.evaluate(_RELAY, False)


def measure(instance: Instance, runs: int, seconds: float) -> dict[str, Any]:
    line: dict[str, Any] = {}
    with chromium(*FLAGS) as browser, gathering(instance, browser, 6) as (guests, listener):

        def take(name: str, what: Callable[[], dict[str, Any]]) -> None:
            line[name] = what()
            note(f"{name}: {line[name]}")

        take("join_ms", lambda: measured(time_joins(guests[0], runs)))
        # Whoever has a place on the stage and doesn't come loses it.
        for guest in guests[1:]:
            guest.join()
        for guest in guests:
            guest.unmute()
        take("speakers_6", lambda: watch_cpu(instance, 6, runs, seconds))
        for guest in guests[:SHOWN]:
            guest.show(True)
        take("speakers_6_video", lambda: watch_cpu(instance, 6, runs, seconds))
        for guest in guests[:SHOWN]:
            guest.show(False)
        for guest in guests[3:]:
            guest.page.goto("about:blank")
        listener.join()
        take("speakers_3", lambda: watch_cpu(instance, 3, runs, seconds))
        take("video_ms", lambda: measured(time_videos(guests[0], guests[1], runs)))
        take("switch_ms", lambda: measured(time_switches(guests[0], guests[1], guests[2], runs)))
        take("ear_ms", lambda: measured(time_sounds(guests[0], listener, _SOUND, runs)))
        with on_channel(instance, guests[0], listener) as outside:
            take("channel_ms", lambda: measured(time_sounds(guests[0], outside, _PLAYER, runs)))
            take("glass_ms", lambda: measured(time_flashes(guests[0], outside, runs)))
        take("composed", lambda: watch_composed(instance, guests[0], runs, seconds))
        for guest in guests[:SHOWN]:
            guest.show(True)
        take("speakers_3_video", lambda: watch_cpu(instance, 3, runs, seconds))
    return line


def main() -> None:
    """Measure and print one line; fails when the channel is later than its goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10, help="how long each window of CPU is")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        given = {"RTC_ADDRESS": "127.0.0.1", "SFU_PRELOAD": str(build_loopback(Path(directory)))}
        with running_instance(given) as instance:
            line = measure(instance, options.runs, options.seconds)
    print(json.dumps({"bench": "spaces", "cores": os.cpu_count(), "runs": options.runs, **line}))
    later = max(line[name]["median"] for name in ("channel_ms", "glass_ms"))
    raise SystemExit(0 if later <= CHANNEL_GOAL_MS else 1)


if __name__ == "__main__":
    main()
