"""One event to thousands of open pages: `python -m bench.fanout`.

Web's one daphne, Redis and PostgreSQL as they are deployed; the pages are sockets held by a process of their own,
connected to daphne's socket without nginx between. Each follows one broadcast. Another process publishes to it, as any
page or task does. Counted is, for each event and each page, the time from `publish` to the page's having read it;
`memory_kb_a_socket` is what daphne grew by between the 200th and the last page, all of them idle.

`group_send` is Channels' own way in the same run: a consumer a socket, one group of the in-memory layer, the events
sent from within daphne (so without Redis between), at a size it can carry some of.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from bench.edge_house import free_port, wait_for_port
from bench.instance import note
from deploy.layout import REPO
from deploy.stack import Stack

WARM = 200
PATIENCE_S = 25.0
_MAKE = """
from django.utils import timezone
from accounts.actions import open_channel
from streaming.models import Broadcast
channel = open_channel(name="bench", owner=None)
print(Broadcast.objects.create(channel=channel, started_at=timezone.now()).pk)
"""
_PUBLISH = """
import time
import realtime
began, text = time.monotonic(), "x" * 80
for number in range({events}):
    time.sleep(max(0.0, began + number / {rate} - time.monotonic()))
    event = {{"type": "line", "number": number, "at": time.monotonic(), "text": text}}
    realtime.publish("broadcast.{broadcast}", event)
"""


def memory_kb(pid: int) -> int:
    """What a process has in memory that is its alone."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean", "Private_Dirty")))


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Audience:
    """The process that holds the pages."""

    def __init__(self, address: str, origin: str, path: str, subscribe: str = "") -> None:
        command = [sys.executable, "-m", "bench.fanout_pages", "--address", address, "--origin", origin, "--path", path]
        command += ["--subscribe", subscribe] if subscribe else []
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPO)

    def order(self, line: str) -> Any:
        """Have something done; raises RuntimeError when the process is gone."""
        assert self._process.stdin
        assert self._process.stdout
        print(line, file=self._process.stdin, flush=True)
        if not (answer := self._process.stdout.readline()):
            raise RuntimeError("the pages' process has ended")
        return json.loads(answer)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def running_web() -> Iterator[Stack]:
    """PostgreSQL, PgBouncer, Redis and web, stopped and removed afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="estrade-bench-"))
    directory.chmod(0o711)
    if not settings.configured:
        settings.configure(USE_I18N=False)
    given = {"PORT": str(free_port()), "DEMO": "0", "SOCKETS_PER_ADDRESS": "100000"}
    stack = Stack(directory / "var", given, names=("postgres", "redis", "pgbouncer", "web"), say=note)
    try:
        stack.prepare()
        stack.start()
        yield stack
    finally:
        stack.stop()
        shutil.rmtree(directory)


def measure_hub(pages: int, rate: float, seconds: float) -> dict[str, Any]:
    """Our way."""
    with running_web() as stack:
        broadcast = stack.manage("shell", "-v", "0", "-c", _MAKE).split()[-1]
        socket_path = stack.layout.run / "web.sock"
        deadline = time.monotonic() + 20
        while not socket_path.exists():
            assert time.monotonic() < deadline, stack.log_tail("web")
            time.sleep(0.05)
        subscribe = json.dumps({"id": 1, "command": "subscribe", "payload": {"topic": f"broadcast.{broadcast}"}})
        audience = Audience(str(socket_path), stack.values["PUBLIC_URL"], "/ws/", subscribe)
        try:
            pid = stack.pid("web")
            audience.order(f"connect {min(WARM, pages // 2)}")
            before = memory_kb(pid)
            began = time.monotonic()
            audience.order(f"connect {pages - min(WARM, pages // 2)}")
            connected_s = time.monotonic() - began
            grown = (memory_kb(pid) - before) / (pages - min(WARM, pages // 2))
            note(f"{pages} pages connected in {connected_s:.1f} s, {grown:.1f} kB each")
            events = int(rate * seconds)
            burnt = cpu_s(pid)
            script = _PUBLISH.format(events=events, rate=rate, broadcast=broadcast)
            publisher = stack.start_manage("shell", "-v", "0", "-c", script)
            figures = audience.order(f"watch {events} {seconds + PATIENCE_S}")
            publisher.communicate()
            burnt = cpu_s(pid) - burnt
        finally:
            audience.stop()
    figures |= {"memory_kb_a_socket": round(grown, 1), "connects_a_s": round((pages - WARM) / connected_s)}
    return {"pages": pages, "events_a_s": rate, "seconds": seconds, "web_cpu_s": round(burnt, 1), **figures}


def measure_group_send(pages: int, rate: float, seconds: float) -> dict[str, Any]:
    """Channels' way."""
    port = free_port()
    command = [sys.executable, "-m", "daphne", "--access-log", "/dev/null", "-b", "127.0.0.1", "-p", str(port)]
    web = subprocess.Popen([*command, "bench.fanout_channels:application"], cwd=REPO, stderr=subprocess.DEVNULL)
    address = f"127.0.0.1:{port}"
    try:
        wait_for_port(port)
        audience = Audience(address, "http://localhost", "/follow/")
        sender = Audience(address, "http://localhost", f"/publish/{int(rate * seconds)}/{rate}")
        try:
            audience.order(f"connect {min(WARM, pages // 2)}")
            before = memory_kb(web.pid)
            audience.order(f"connect {pages - min(WARM, pages // 2)}")
            grown = (memory_kb(web.pid) - before) / (pages - min(WARM, pages // 2))
            sender.order("connect 1")
            figures = audience.order(f"watch {int(rate * seconds)} {seconds + PATIENCE_S}")
        finally:
            audience.stop()
            sender.stop()
    finally:
        web.kill()
        web.wait()
    return {"pages": pages, "events_a_s": rate, "seconds": seconds, **figures, "memory_kb_a_socket": round(grown, 1)}


def main() -> None:
    """Measure both and print one line; fails unless every event was delivered within the bounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--group-pages", type=int, default=500)
    parser.add_argument("--group-rate", type=float, default=20)
    parser.add_argument("--no-group-send", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))
    hub = measure_hub(options.pages, options.rate, options.seconds)
    line: dict[str, Any] = {"bench": "fanout", "cores": os.cpu_count(), "hub": hub}
    if not options.no_group_send:
        line["group_send"] = measure_group_send(options.group_pages, options.group_rate, 10)
    print(json.dumps(line))
    good = hub["delivered"] == hub["expected"] and not hub["out_of_order"] and hub["p99_ms"] <= 1000
    raise SystemExit(0 if good and hub["memory_kb_a_socket"] <= 20 else 1)


if __name__ == "__main__":
    main()
