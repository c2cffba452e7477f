"""How long pages take: home, category, search and watch, against an empty Django view in the same run.

One daphne of our own on the instance's database through PgBouncer, a house of 240 channels, 32 of them on air, asked in
turn over one kept connection: p50 and p95 of what each page takes, in milliseconds. Prints one JSON line.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import quantiles

import httpx

from bench.edge_house import free_port
from bench.instance import Instance, note, running_instance
from deploy.layout import REPO

PATHS = {
    "empty": "/bench/empty",
    "home": "/",
    "category": "/categories/theme-3",
    "search": "/search?q=mornigs",
    "watch": "/@channel-3",
}
_FILL = """
from datetime import timedelta
from django.utils import timezone
from accounts.models import Channel
from streaming import live_store
from streaming.models import Broadcast, Category, ScheduledBroadcast, Tag
now = timezone.now()
themes = Category.objects.bulk_create([Category(name=f"Theme {n}", slug=f"theme-{n}") for n in range(20)])
tags = Tag.objects.bulk_create([Tag(name=f"tag{n}") for n in range(30)])
words = ["Alpine", "mornings", "jazz", "kitchen", "night", "garden", "chess", "harbour"]
for n in range(240):
    title = f"{words[n % 8]} {words[(n // 8) % 8]} {n}"
    channel = Channel.objects.create(name=f"channel-{n}", title=title)
    for m in range(4):
        at = now - timedelta(days=m + 1)
        Broadcast.objects.create(channel=channel, title=title, category=themes[n % 20], started_at=at, shown_at=at,
                                 state="ended", ended_at=at + timedelta(hours=1))
    if n < 32:
        live = Broadcast.objects.create(channel=channel, title=title, category=themes[n % 8], viewers=n,
                                        started_at=now, shown_at=now)
        live.tags.set(tags[n % 20 : n % 20 + 3])
        live_store.client().set(f"hls:{live.media_path}/source", "x")
    elif n < 80:
        ScheduledBroadcast.objects.create(channel=channel, title=title, starts_at=now + timedelta(hours=n),
                                          created_at=now, updated_at=now)
"""


@contextmanager
def running_pages(instance: Instance) -> Iterator[httpx.Client]:
    """A daphne with the empty view, and a client on it."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "daphne",
        "--proxy-headers",
        "--access-log",
        "/dev/null",
        "-b",
        "127.0.0.1",
        "-p",
        str(port),
        "bench.pages_asgi:application",
    ]
    environment = os.environ | {"ESTRADE_VAR": str(instance.stack.layout.var), "PYTHONPATH": str(REPO)}
    with subprocess.Popen(command, cwd=REPO, env=environment, stderr=subprocess.DEVNULL) as daphne:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                _await(client)
                yield client
        finally:
            daphne.terminate()


def _await(client: httpx.Client) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            client.get(PATHS["empty"]).raise_for_status()
            return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def measure(client: httpx.Client, rounds: int) -> dict[str, dict[str, float]]:
    """Milliseconds of each page, all asked in turn so that they share the machine's moods."""
    took: dict[str, list[float]] = {name: [] for name in PATHS}
    for number in range(rounds + 5):
        for name, path in PATHS.items():
            began = time.perf_counter()
            # Each round is somebody else's: one address may search so often a minute.
            client.get(path, headers={"X-Forwarded-For": f"192.0.2.{number % 250}"}).raise_for_status()
            if number >= 5:
                took[name].append((time.perf_counter() - began) * 1000)
    return {name: _summary(values) for name, values in took.items()}


def _summary(values: list[float]) -> dict[str, float]:
    cuts = quantiles(values, n=20)
    return {"p50_ms": round(cuts[9], 1), "p95_ms": round(cuts[18], 1)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    with running_instance({}) as instance:
        note("filling the house")
        instance.stack.manage("shell", "-v", "0", "-c", _FILL)
        # Nothing else shall use the processors: the sweeps rest.
        instance.stack.stop_programs("beat")
        with running_pages(instance) as client:
            print(json.dumps({"bench": "pages", **measure(client, options.rounds)}))


if __name__ == "__main__":
    main()
