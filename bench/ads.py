"""Ads under load: `python -m bench.ads`.

PostgreSQL and Redis as they are deployed, one process, no web in between. Two cases:

- `pairs`: decisions with their impressions, each for a viewer of its own: how many a second, asked by several threads
  at once, as web answers requests, and in turn by one; medians of five runs of 4,000, and every run
- `budget`: a line of 1,000 views with 400 viewers a second, of whom a third skips and a third leaves, on a clock of its
  own: how much of the budget was ever promised and spent, and how much in the end

Prints one JSON line. Fails with fewer than 2,000 pairs a second, when more than the budget was promised, or when less
than 95 % of it was spent.
"""

from __future__ import annotations

import json
import statistics
from typing import Any

from bench.fanout import running_web
from bench.instance import note
from deploy.stack import Stack

RUNS, PAIRS, THREADS, GOAL = 5, 4000, 4, 2000
_RUN = f"""
import json, random, time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from django.db import connection
from django.utils import timezone
from accounts.models import Channel, User
from ads import store
from ads.counting import take_event
from ads.deciding import Slot, decide
from ads.errors import AdsError
from ads.models import Advertiser, Campaign, Creative, LineItem
from ads.spending import pool_of
from ads.viewers import Viewer
from monetization.ledger import GATEWAY, post
from monetization.money import Money
from streaming.models import Broadcast
now = timezone.now().replace(hour=1)
alice, bob = (User.objects.create(username=name, email=name + "@example.com") for name in ("streams", "pays"))
channel = Channel.objects.create(name="bench", owner=alice)
broadcast = Broadcast.objects.create(channel=channel, started_at=now)
facts = {{"website": "https://b.example/", "currency": "eur", "state": "verified", "created_at": now}}
advertiser = Advertiser.objects.create(owner=bob, name="Bench", **facts)
rich = Money(10_000_000, "eur")
post(key="bench", kind="ad-top-up", lines=[(GATEWAY, -rich), (pool_of(advertiser), rich)], now=now)
campaign = Campaign.objects.create(advertiser=advertiser, name="Bench", state="approved", created_at=now)
Creative.objects.create(
    campaign=campaign, kind="video", title="Bench", click_url="https://b.example/", state="approved", duration_ms=12000,
    created_at=now,
)
def line(budget):
    LineItem.objects.update(is_on=False)
    return LineItem.objects.create(
        campaign=campaign, name="Bench", format="pre", price_micros=10_000, budget_micros=budget, pacing="asap",
        cap_count=0, starts_at=now - timedelta(days=1),
    )
rng, slot = random.Random(7), Slot(channel, broadcast, "pre")
def ask(number, at):
    viewer = Viewer(f"bench:{{number}}", f"net{{number % 5000}}")
    return viewer, decide(slot=slot, viewer=viewer, now=at, rng=rng)
def tell(viewer, found, event, at):
    try:
        take_event(token=found.offer.sign(), event=event, viewer=viewer, now=at)
    except AdsError:
        pass
line(10**12)
def pairs(numbers):
    for number in numbers:
        viewer, found = ask(number, now)
        take_event(token=found.offer.sign(), event="imp", viewer=viewer, now=now)
def pairs_of_a_thread(numbers):
    pairs(numbers)
    connection.close()
def in_turn(numbers):
    pairs(numbers)
def at_once(numbers):
    with ThreadPoolExecutor({THREADS}) as pool:
        list(pool.map(pairs_of_a_thread, [numbers[one::{THREADS}] for one in range({THREADS})]))
figures = {{way.__name__: {{"pairs_per_s": [], "own_cpu_us_a_pair": []}} for way in (at_once, in_turn)}}
for one in range({RUNS}):
    for half, way in enumerate((at_once, in_turn)):
        first = (2 * one + half) * {PAIRS}
        began, cpu = time.perf_counter(), time.process_time()
        way(range(first, first + {PAIRS}))
        figures[way.__name__]["pairs_per_s"].append(round({PAIRS} / (time.perf_counter() - began)))
        figures[way.__name__]["own_cpu_us_a_pair"].append(round((time.process_time() - cpu) * 1e6 / {PAIRS}))
from ads import candidates
candidates.forget()
tight, due, most, at, number = line(10_000 * 1000), [], 0, now + timedelta(minutes=1), {2 * RUNS * PAIRS}
for _second in range(150):
    at += timedelta(seconds=1)
    for _viewer in range(400):
        number += 1
        viewer, found = ask(number, at)
        if found is None:
            continue
        tell(viewer, found, "imp", at)
        # A third sees it through, a third skips, a third leaves.
        choice = number % 3
        if choice < 2:
            due.append((at + timedelta(seconds=12 if choice else 5), viewer, found, "view" if choice else "skip"))
    for moment, viewer, found, event in [one for one in due if one[0] <= at]:
        tell(viewer, found, event, moment)
    due = [one for one in due if one[0] > at]
    money = store.money_of(tight.pk)
    most = max(most, money["spent"] + money["reserved"])
    if money["spent"] == tight.budget_micros:
        break
print(json.dumps({{
    "bench": "ads",
    **figures,
    "promised_at_most_percent": round(100 * most / tight.budget_micros, 2),
    "delivered_percent": round(100 * money["spent"] / tight.budget_micros, 2),
    "seconds": _second + 1,
}}))
"""


def main() -> None:
    """Run both; the exit status says whether enough were made, and the budget kept and used."""
    with running_web() as web:
        note("decisions, impressions and a budget")
        found = run(web, _RUN)
    for way in ("at_once", "in_turn"):
        found[way] = {name: {"median": statistics.median(runs), "runs": runs} for name, runs in found[way].items()}
    print(json.dumps(found))
    kept = found["promised_at_most_percent"] <= 100 and found["delivered_percent"] >= 95
    raise SystemExit(0 if kept and found["at_once"]["pairs_per_s"]["median"] >= GOAL else 1)


def run(stack: Stack, script: str) -> dict[str, Any]:
    """What a script in the house's own process says at its end."""
    said: dict[str, Any] = json.loads(stack.manage("shell", "--verbosity", "0", "--command", script).splitlines()[-1])
    return said


if __name__ == "__main__":
    main()
