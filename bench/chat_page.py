"""A chat in a hurry, in one browser: `python -m bench.chat_page`.

A watch page in headless Chromium whose room gets 50 lines a second for 200 s. Each is a row in PostgreSQL and comes by
the hub as any other; what the room asks of those who write is left out, as two cores don't bear it beside a browser
(`bench.chat` measures that). Counted are the milliseconds from each animation frame to the next
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
_PEOPLE = """
from accounts.models import Channel, User
from chat.actions import open_main_room
User.objects.bulk_create([
    User(username=f"person{number}", email=f"person{number}@example.com", password="!") for number in range(200)
])
print(open_main_room(channel=Channel.objects.get(name="bench")).pk)
"""
_WRITE = """
import time
from django.db import transaction
from django.utils import timezone
from accounts.models import User
from chat.lines import add_line, lock
from chat.models import Room
room = Room.objects.get(pk={room})
people = list(User.objects.filter(username__startswith="person"))
began = time.monotonic()
for number in range({lines}):
    time.sleep(max(0.0, began + number / {rate} - time.monotonic()))
    with transaction.atomic():
        author = people[number % len(people)]
        add_line(lock(room), timezone.now(), author=author, text=f"{{number}} {{time.monotonic()}} " + "x" * 80)
print(time.monotonic() - began)
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
        script = _WRITE.format(room=room, lines=lines, rate=rate)
        writer = instance.stack.start_manage("shell", "-v", "0", "-c", script)
        note(f"lines are coming: {await_line(page, 0, 30)}")
        page.wait_for_timeout(min(_EARLY_S, seconds / 4) * 1000)
        early = weigh(session)
        page.evaluate("benchFrames.length = 0")
        is_whole = await_line(page, lines - 1, seconds + 30)
        frames = sorted(page.evaluate("benchFrames"))
        late = weigh(session)
        shown = page.locator("[data-lines] > li").count()
        took_s = float(writer.communicate()[0])
    return {
        "lines_a_s": rate,
        "seconds": seconds,
        "written_in_s": round(took_s, 1),
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
