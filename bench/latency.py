"""Glass to glass: from a picture's capture to the same picture in the watch page, with all of Estrade in between.

`python -m bench.latency` prints one JSON line. For each case (how x264 is set), the median of the runs and every run:
- latency_p50_s, latency_p95_s: wall clock when a picture is shown minus the wall clock burnt into it when it was handed
  to the encoder; some ten pictures a second. The encoder's own delay is in it, a camera's and a screen's are not.
- stalls: how often the picture stood still for over 250 ms while it was watched, the seconds of settling included.
- first_frame_ms: from opening the page to its first picture, with empty caches; `again` with a warm HTTP cache.
- first_part_s, playable_s: from the admission of the encoder (its publish hook is asked) until the first part is
  announced to the edge, and until the multivariant playlist is there as well.
- back_s: from the admission of an encoder that was gone until the page, open all the time, shows a picture of it;
  back_from_start_s counts from the start of its process.
- encoder_late_ms: how far the encoder ever was behind the camera while it was watched. Encoder, Estrade and browser
  share the machine: where this is more than some tens of milliseconds, it was the machine that was measured.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from playwright.sync_api import Browser, Page

from bench.instance import Channel, Instance, note, read_settings, running_instance
from bench.source import CASES, sending
from bench.viewer import await_picture_of, chromium, clear, fresh_context, open_page, read, time_openings

_BACK_WITHIN_S = 30.0


@dataclass(frozen=True)
class Plan:
    """How long each step of a run takes, in seconds, and how often the page is opened."""

    settle_s: float = 8.0
    seconds: float = 20.0
    opens: int = 5
    gone_s: float = 6.0


@dataclass(frozen=True)
class Watched:
    """What one page saw of an undisturbed stream."""

    latency_p50_s: float
    latency_p95_s: float
    stalls: int
    longest_gap_ms: int
    pictures: int
    dropped: int
    rendition: str
    clock_misread: int


@dataclass(frozen=True)
class Run(Watched):
    """One run of one case."""

    encoder_late_ms: int
    first_frame_ms: float
    first_frame_again_ms: float
    first_part_s: float
    playable_s: float
    back_s: float | None
    back_from_start_s: float | None


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def watch(page: Page, settle_s: float, seconds: float) -> Watched:
    """Let the player come to rest, then measure."""
    page.wait_for_timeout(settle_s * 1000)
    settling = read(page)
    clear(page)
    page.wait_for_timeout(seconds * 1000)
    seen = read(page)
    delays = [(shown - burnt) / 1000 for burnt, shown in seen["samples"]]
    if not delays:
        raise SystemExit(f"the page showed no picture with a clock in {seconds:.0f} s: {seen['page']}")
    return Watched(
        latency_p50_s=round(statistics.median(delays), 3),
        latency_p95_s=round(quantile(delays, 0.95), 3),
        stalls=len(settling["stalls"]) + len(seen["stalls"]),
        longest_gap_ms=round(max(settling["longestGapMs"], seen["longestGapMs"])),
        pictures=seen["frames"],
        dropped=seen["page"]["droppedFrames"],
        rendition=seen["page"]["rendition"],
        clock_misread=seen["misread"],
    )


def _come_back(page: Page, case: str, channel: Channel, plan: Plan) -> tuple[float, float | None]:
    """When the encoder was started again, and when the page showed it."""
    page.wait_for_timeout(plan.gone_s * 1000)
    clear(page)
    with sending(case, channel.target) as sent:
        return sent.started, await_picture_of(page, sent.started, _BACK_WITHIN_S)


def measure(instance: Instance, browser: Browser, case: str, name: str, plan: Plan) -> Run:
    """One run: an encoder arrives on a channel of its own, is watched, goes and comes back."""
    channel = instance.open_channel(name)
    with instance.positions() as positions, fresh_context(browser) as context:
        with sending(case, channel.target) as sent:
            playable = positions.await_playable()
            # What is decided about the encoder's key frames is decided in the first seconds.
            time.sleep(plan.settle_s / 2)
            cold, warm = time_openings(browser, channel.watch_url, plan.opens)
            page = open_page(context, channel.watch_url)
            watched = watch(page, plan.settle_s, plan.seconds)
        started, seen = _come_back(page, case, channel, plan)
    first, *_, last = instance.sessions(name)
    run = Run(
        **asdict(watched),
        encoder_late_ms=sent.late_ms,
        first_frame_ms=round(statistics.median(cold)),
        first_frame_again_ms=round(statistics.median(warm)),
        first_part_s=round(playable.part_at - first.admitted_at, 3),
        playable_s=round(playable.playlist_at - first.admitted_at, 3),
        back_s=round(seen - last.admitted_at, 3) if seen else None,
        back_from_start_s=round(seen - started, 3) if seen else None,
    )
    note(f"{case}: {json.dumps(asdict(run))}")
    return run


def summarize(runs: Sequence[Run | Watched]) -> dict[str, object]:
    """Medians of what is a number, and every run."""
    each = [asdict(run) for run in runs]
    medians: dict[str, object] = {}
    for name, value in each[0].items():
        if not isinstance(value, str):
            known = [run[name] for run in each if run[name] is not None]
            medians[name] = round(statistics.median(known), 3) if len(known) == len(each) else None
    return {**medians, "runs": each}


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=CASES, action="append", help="one case; again for another; all by default")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=Plan.seconds, help="how long the latency is measured")
    parser.add_argument("--opens", type=int, default=Plan.opens, help="how often the page is opened in a run")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the instance")
    options = parser.parse_args()
    plan = Plan(seconds=options.seconds, opens=options.opens)
    cases = {}
    load = round(os.getloadavg()[0], 2)
    with running_instance(read_settings(options.set)) as instance, chromium() as browser:
        for case in options.case or CASES:
            runs = [measure(instance, browser, case, f"{case}-{run}", plan) for run in range(options.runs)]
            cases[case] = summarize(runs)
    line = {"bench": "latency", "cores": os.cpu_count(), "load_before": load, "settings": options.set}
    print(json.dumps({**line, **cases}))


if __name__ == "__main__":
    main()
