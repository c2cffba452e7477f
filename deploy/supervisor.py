"""supervisord as the stack sees it: started, asked, and told what to run."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import Faults, SupervisorTransport

from deploy.errors import DeployError
from deploy.start import die_with_parent, read_member

GONE_WITHIN_S = 30.0


class Supervisor:
    """One supervisord, which outlives no launcher: it stops everything when its parent dies."""

    def __init__(self, conf: Path, run: Path, environment: dict[str, str]) -> None:
        self._conf = conf
        self._run = run
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def await_predecessor(self) -> None:
        """Wait until the supervisord of a launcher that was killed has stopped what it ran."""
        try:
            pid = int((self._run / "supervisord.pid").read_text())
        except (OSError, ValueError):
            return
        deadline = time.monotonic() + GONE_WITHIN_S
        while self._is_ours(pid):
            if time.monotonic() > deadline:
                raise DeployError(f"An earlier supervisord (process {pid}) doesn't stop.")
            os.kill(pid, signal.SIGTERM)
            time.sleep(0.5)

    def _is_ours(self, pid: int) -> bool:
        if read_member(pid) is None:
            return False
        return str(self._conf).encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")

    def start(self) -> None:
        """Start supervisord, with no program running yet."""
        (self._run / "supervisor.sock").unlink(missing_ok=True)
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._conf)]
        self._process = subprocess.Popen(
            command,
            env=self._environment,
            start_new_session=True,  # Ctrl-C is the launcher's, which stops things in order
            preexec_fn=lambda: die_with_parent(signal.SIGTERM),
        )
        deadline = time.monotonic() + 15
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise DeployError(f"supervisord did not start: see {self._conf.parent.parent / 'log'}.")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return bool(self._rpc.supervisor.getState())
        except (OSError, Fault):
            return False

    @property
    def _rpc(self) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self._run}/supervisor.sock")
        return ServerProxy("http://127.0.0.1", transport=transport)

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start_programs(self, names: Iterable[str]) -> None:
        """Have these run; those that do already are left alone."""
        for name in names:
            self._call("startProcess", name, already=Faults.ALREADY_STARTED)

    def stop_programs(self, names: Iterable[str], within_s: float = 30.0) -> None:
        """Stop these at the same time, and wait until they are gone."""
        waiting = set(names)
        for name in waiting:
            self._call("stopProcess", name, already=Faults.NOT_RUNNING)
        deadline = time.monotonic() + within_s
        while any(self.pid(name) for name in waiting) and time.monotonic() < deadline:
            time.sleep(0.05)

    def _call(self, method: str, name: str, already: int) -> None:
        try:
            getattr(self._rpc.supervisor, method)(name, False)
        except Fault as fault:
            if fault.faultCode != already:
                raise

    def pid(self, name: str) -> int:
        """The program's process id; 0 while it is down."""
        return int(self._rpc.supervisor.getProcessInfo(name)["pid"])

    def is_running(self, name: str) -> bool:
        """Whether the program has been up for its first second."""
        return bool(self._rpc.supervisor.getProcessInfo(name)["statename"] == "RUNNING")

    def stop(self) -> None:
        """Stop supervisord and whatever it still runs."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(GONE_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
