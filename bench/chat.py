"""Chat in a crowd: `python -m bench.chat`.

Web's one daphne, Redis and PostgreSQL as they are deployed; the pages are sockets held by a process of their own,
connected to daphne's socket without nginx between, all following one room. Another process writes lines through
`chat.actions.post_message`, each into PostgreSQL in a transaction of its own, as so many people. Counted is, for each
line and each page, the time from before it is written to the page's having read it. The cases:

- `crowd`: 2,000 pages, 20 lines/s; every page has every line once, all in one order, p99 at most 0.5 s
- `rush`: the same at 50/s, reported beside it
- `talk`: 500 pages, 10/s, p50 at most 150 ms
- `storm`: 1,000 pages that open the room within 5 s while lines are written
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import sys
import time
from typing import Any

from bench.fanout import PATIENCE_S, WARM, Audience, cpu_s, running_web
from bench.instance import note
from deploy.stack import Stack

STORM_S = 5.0
_MAKE = """
from accounts.actions import open_channel
from accounts.models import User
from chat.actions import open_main_room
channel = open_channel(name="bench", owner=None)
User.objects.bulk_create([
    User(username=f"person{number}", email=f"person{number}@example.com", password="!") for number in range(200)
])
print(open_main_room(channel=channel).pk)
"""
# The time a line is written goes with it, in its text: pages compare it with theirs.
_WRITE = """
import time, uuid
from concurrent.futures import ThreadPoolExecutor
from django.db import close_old_connections
from django.utils import timezone
from accounts.models import User
from chat.actions import post_message
from chat.models import Room
room = Room.objects.select_related("channel").get(pk={room})
people = list(User.objects.filter(username__startswith="person"))
began, filling = time.monotonic(), "x" * 80
def write(number):
    close_old_connections()
    at = time.monotonic()
    message = post_message(room=room, author=people[number % len(people)], text=f"{{number}} {{at}} {{filling}}",
                           client_id=uuid.uuid4(), now=timezone.now())
    close_old_connections()
    return message.pk > 0
with ThreadPoolExecutor(8) as threads:
    written = []
    for number in range({lines}):
        time.sleep(max(0.0, began + number / {rate} - time.monotonic()))
        written.append(threads.submit(write, number))
    print(sum(bool(one.result()) for one in written))
"""


class Case:
    """One web process, one room, so many pages."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.room = stack.manage("shell", "-v", "0", "-c", _MAKE).split()[-1]
        self._socket = stack.layout.run / "web.sock"
        deadline = time.monotonic() + 20
        while not self._socket.exists():
            assert time.monotonic() < deadline, stack.log_tail("web")
            time.sleep(0.05)

    def audience(self) -> Audience:
        subscribe = json.dumps({"id": 1, "command": "subscribe", "payload": {"topic": f"chat.room.{self.room}"}})
        return Audience(str(self._socket), self._stack.values["PUBLIC_URL"], "/ws/", subscribe)

    def measure(self, pages: int, rate: float, seconds: float) -> dict[str, Any]:
        """Everybody is there, and then so many lines a second are written."""
        audience = self.audience()
        try:
            audience.order(f"connect {min(WARM, pages // 2)}")
            audience.order(f"connect {pages - min(WARM, pages // 2)}")
            note(f"{pages} pages are in the room")
            pid, lines = self._stack.pid("web"), int(rate * seconds)
            burnt = cpu_s(pid)
            writer = self._start_writing(lines, rate)
            figures = audience.order(f"watch {lines} {seconds + PATIENCE_S}")
            figures["written"] = _count_of(*writer.communicate())
            figures["web_cpu_s"] = round(cpu_s(pid) - burnt, 1)
        finally:
            audience.stop()
        return {"pages": pages, "lines_a_s": rate, "seconds": seconds, **figures}

    def storm(self, pages: int) -> dict[str, Any]:
        """Everybody comes at once, while people talk."""
        audience = self.audience()
        try:
            writer = self._start_writing(200, 20)
            began = time.monotonic()
            audience.order(f"connect {pages}")
            took = time.monotonic() - began
            writer.communicate()
        finally:
            audience.stop()
        return {"pages": pages, "took_s": round(took, 2)}

    def _start_writing(self, lines: int, rate: float) -> Any:
        script = _WRITE.format(room=self.room, lines=lines, rate=rate)
        return self._stack.start_manage("shell", "-v", "0", "-c", script)


def _count_of(output: str, complaint: str) -> int:
    """How many lines were written; what went wrong with the others goes to stderr."""
    if complaint:
        note(complaint[-2000:])
    return int(output or 0)


def is_whole(figures: dict[str, Any]) -> bool:
    return bool(figures["delivered"] == figures["expected"] and not figures["out_of_order"] and not figures["closed"])


def main() -> None:
    """Measure the cases and print one line; fails unless all was delivered, in order and in time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=["crowd", "rush", "talk", "storm"], action="append")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--pages", type=int, help="another number of pages, for a quick look")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))
    shapes = {"crowd": (2000, 20.0), "rush": (2000, 50.0), "talk": (500, 10.0)}
    line: dict[str, Any] = {"bench": "chat", "cores": os.cpu_count()}
    for name in options.case or [*shapes, "storm"]:
        with running_web() as stack:
            case = Case(stack)
            if name == "storm":
                line[name] = case.storm(options.pages or 1000)
            else:
                pages, rate = shapes[name]
                line[name] = case.measure(options.pages or pages, rate, options.seconds)
        note(f"{name}: {line[name]}")
    print(json.dumps(line))
    good = all(is_whole(figures) for name, figures in line.items() if name in shapes)
    good &= line.get("crowd", {}).get("p99_ms", 0) <= 500
    good &= line.get("talk", {}).get("p50_ms", 0) <= 150
    good &= line.get("storm", {}).get("took_s", 0) <= STORM_S
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
