"""The stack that tests/run.py started, as tests see it."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from deploy.environment import read_values
from deploy.layout import REPO
from deploy.supervisor import Supervisor

PATIENCE_S = 60.0


@dataclass(frozen=True)
class Channel:
    """What `./manage.py channel NAME --json` says."""

    channel: str
    ingest_url: str
    stream_key: str
    watch_url: str
    playlist_url: str

    @property
    def publish_url(self) -> str:
        return f"{self.ingest_url}/{self.stream_key}"


class Console:
    """A process that does what `manage.py` does, kept for the next time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def run(self, *arguments: str) -> str:
        """The output of a command."""
        if self._process is None:
            command = [sys.executable, "-m", "tests.console"]
            self._process = subprocess.Popen(
                command, cwd=REPO, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(arguments), file=self._process.stdin, flush=True)
        overdue = threading.Timer(PATIENCE_S, self._process.kill)
        overdue.start()
        line = self._process.stdout.readline()
        overdue.cancel()
        assert line, f"no answer within {PATIENCE_S} s: {arguments}"
        answer = json.loads(line)
        assert not answer["error"], answer["error"]
        return str(answer["output"])

    def leave(self) -> None:
        """The next command finds a new process, with connections of its own."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


class RunningStack:
    """Every process of the table, below a var directory of the tests' own."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.values = read_values(var / "env")
        self.url = f"http://localhost:{self.values['PORT']}"
        run = Path(self.values["INGEST_CONTROL"].removeprefix("unix:")).parent
        self._supervisor = Supervisor(var / "conf" / "supervisord.conf", run, {})
        self._names = count(1)
        self._console = Console()

    def manage(self, *arguments: str) -> str:
        """The output of a `manage.py` command."""
        return self._console.run(*arguments)

    def close(self) -> None:
        self._console.leave()

    def channel(self, name: str = "", *options: str) -> Channel:
        """The channel of this name, or a new one that nothing was sent to yet."""
        name = name or f"test-{os.getpid()}-{next(self._names)}"
        return Channel(**json.loads(self.manage("channel", name, "--json", *options)))

    def pid(self, program: str) -> int:
        """The program's process id; 0 while it is down."""
        return self._supervisor.pid(program)

    def kill(self, program: str) -> int:
        """Kill a program with -9; supervisord starts it again. Answers the process id that was."""
        self._console.leave()
        pid = self.pid(program)
        os.kill(pid, signal.SIGKILL)
        return pid

    @contextmanager
    def stopped(self, program: str) -> Iterator[None]:
        """A program is away for as long as this lasts."""
        self._console.leave()
        self._supervisor.stop_programs([program])
        try:
            yield
        finally:
            self._supervisor.start_programs([program])

    def state(self, channel: Channel) -> dict[str, Any] | None:
        """The broadcast a channel shows, or None."""
        answer = httpx.get(f"{self.url}/api/channels/{channel.channel}/state", timeout=10).raise_for_status()
        broadcast: dict[str, Any] | None = answer.json()["broadcast"]
        return broadcast

    def is_playable(self, channel: Channel) -> bool:
        state = self.state(channel)
        return bool(state and state["playlist_url"])
