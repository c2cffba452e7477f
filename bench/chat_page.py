"""A chat in a hurry, in one browser: `python -m bench.chat_page`.

A watch page in headless Chromium whose room gets 50 lines a second for 200 s, written to PostgreSQL by people of
their own as `bench.chat` does, on the same cores. Counted are the milliseconds from each animation frame to the next
(p95 at most 34, none over 200) and, after a collection, the JavaScript heap and DOM nodes early on and at the end,
which may grow by a tenth. Fails unless that holds and the last line is shown.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import time
from typing import Any

from playwright.sync_api import CDPSession, Page

from bench.chat import start_writing
from bench.instance import Instance, note, running_instance
from bench.viewer import chromium

FRAME_P95_MS, FRAME_MOST_MS, GROWTH = 34.0, 200.0, 1.1
_EARLY_S = 40.0
_PROBE = """
window.benchFrames = [];
(function tick(last) {
  requestAnimationFrame((now) => {
    if (last) window.benchFrames.push(now - last);
    tick(now);
  });
})(0);
"""
_FOOT = "document.querySelector('[data-lines]').lastElementChild?.textContent"
# So many write at the same time, and pass one another.
_WRITERS = 8
_PEOPLE = """
from accounts.models import Channel, User
from chat.actions import open_main_room
User.objects.bulk_create([
    User(username=f"person{number}", email=f"person{number}@example.com", password="!") for number in range(200)
])
print(open_main_room(channel=Channel.objects.get(name="bench")).pk)
"""


def weigh(session: CDPSession) -> dict[str, float]:
    """What is alive in the page."""
    session.send("HeapProfiler.collectGarbage")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return {"heap_mb": round(metrics["JSHeapUsedSize"] / 1e6, 2), "nodes": metrics["Nodes"]}


def newest_line(page: Page) -> int:
    """The number in the text of the line at the foot; -1 while there is none."""
    found = re.search(r"(\d+) [\d.]+ x{20}", page.evaluate(_FOOT) or "")
    return int(found[1]) if found else -1


def await_line(page: Page, number: int, within_s: float) -> bool:
    """Whether this line or one after it comes to be shown."""
    deadline = time.monotonic() + within_s
    while newest_line(page) < number:
        if time.monotonic() > deadline:
            return False
        page.wait_for_timeout(500)
    return True


def measure(instance: Instance, rate: float, seconds: float) -> dict[str, Any]:
    channel = instance.open_channel("bench")
    room = instance.stack.manage("shell", "-v", "0", "-c", _PEOPLE).split()[-1]
    lines = int(rate * seconds)
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(_PROBE)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        page.goto(channel.watch_url, wait_until="networkidle")
        writer = start_writing(instance.stack, room, lines, rate)
        note(f"lines are coming: {await_line(page, 0, 30)}")
        page.wait_for_timeout(min(_EARLY_S, seconds / 4) * 1000)
        early = weigh(session)
        page.evaluate("benchFrames.length = 0")
        is_whole = await_line(page, lines - _WRITERS, seconds + 30)
        frames = sorted(page.evaluate("benchFrames"))
        late = weigh(session)
        shown = page.locator("[data-lines] > li").count()
        writer.communicate()
    return {
        "lines_a_s": rate,
        "seconds": seconds,
        "last_line_shown": is_whole,
        "rows_in_page": shown,
        "frames": len(frames),
        "frame_p50_ms": round(statistics.median(frames), 1),
        "frame_p95_ms": round(frames[int(len(frames) * 0.95)], 1),
        "frame_p99_ms": round(frames[int(len(frames) * 0.99)], 1),
        "frame_most_ms": round(frames[-1], 1),
        "early": early,
        "late": late,
    }


def is_good(figures: dict[str, Any]) -> bool:
    is_smooth = figures["frame_p95_ms"] <= FRAME_P95_MS and figures["frame_most_ms"] <= FRAME_MOST_MS
    is_flat = all(figures["late"][name] <= figures["early"][name] * GROWTH for name in figures["early"])
    return bool(figures["last_line_shown"] and is_smooth and is_flat)


def main() -> None:
    """Measure and print one line; fails unless the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=200)
    options = parser.parse_args()
    load = round(os.getloadavg()[0], 2)
    with running_instance({}) as instance:
        figures = measure(instance, options.rate, options.seconds)
    print(json.dumps({"bench": "chat_page", "cores": os.cpu_count(), "load_before": load, **figures}))
    raise SystemExit(0 if is_good(figures) else 1)


if __name__ == "__main__":
    main()
