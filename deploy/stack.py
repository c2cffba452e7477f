"""One instance of Estrade on this machine: prepared, started, watched and stopped.

The launcher and the tests use the same class, so what is tested is what runs.
"""

import fcntl
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from deploy import environment, postgres
from deploy.configuration import describe_programs, make_context, write_configuration
from deploy.errors import DeployError
from deploy.layout import REPO, Layout, lay_out
from deploy.programs import MAKERS, STOP_PHASES, Program, Scene
from deploy.start import end_leftovers
from deploy.supervisor import Supervisor

# The edge is up before web is, and shows that Estrade is starting.
FIRST = ("postgres", "redis", "pgbouncer", "edge")
# Libraries bring catalogues of their own, compiled already.
NOT_OURS = ("--ignore", ".venv", "--ignore", "node_modules", "--ignore", "var")


def _silent(_: str) -> None:
    pass


def answers(url: str) -> bool:
    """Whether a page or playlist of ours is there."""
    # By way of loopback no certificate can fit.
    unchecked = ssl._create_unverified_context() if url.startswith("https:") else None  # noqa: S323
    try:
        with urllib.request.urlopen(url, timeout=3, context=unchecked) as answer:  # noqa: S310 our own address
            return bool(answer.status == 200)
    except OSError:
        return False


class Stack:
    """The process table, or a part of it, in a var directory of its own."""

    layout: Layout
    values: environment.Values
    programs: dict[str, Program]
    _ports: dict[str, int]
    supervisor: Supervisor

    def __init__(
        self,
        var: Path,
        given: Mapping[str, str],
        *,
        names: Sequence[str] = tuple(MAKERS),
        server_flags: Sequence[str] = (),
        say: Callable[[str], None] = _silent,
    ) -> None:
        self.var = var
        self._given = given
        self._names = list(names)
        self._server_flags = tuple(server_flags)
        self._say = say
        self._lock: IO[str] | None = None
        self._log_marks: dict[str, int] = {}

    def prepare(self) -> None:
        """Make or find what the processes need; raises DeployError with what stands in the way."""
        self._lock_var()
        self.layout = lay_out(self.var)
        self.values = environment.make_environment(self.layout, self._given)
        away = {"demo"} if self.values["DEMO"].lower() in environment.OFF else set()
        away |= {"payments"} if self.values["PAYMENTS"] != "sandbox" else set()
        self._names = [name for name in self._names if name not in away]
        self.layout.conf.mkdir(mode=0o700, exist_ok=True)
        conf = self.layout.conf / "supervisord.conf"
        self.supervisor = Supervisor(conf, self.layout.run, self.environment)
        self.supervisor.await_predecessor()
        self._end_leftovers()
        self._require_ports()
        self._ports = environment.keep_ports(self.layout.var / "ports", ("relay", "rtmps", "payments", "janus"))
        self.values = environment.with_sandbox(self.values, self._secrets, self._ports["payments"])
        self.values = environment.with_sfu(self.values, self._ports["janus"])
        lines = "".join(f"{name}={value}\n" for name, value in self.values.items())
        environment.write_private(self.layout.var / "env", "# Written at each start, for manage.py.\n" + lines)
        if "postgres" in self._names:
            postgres.ensure_cluster(self.layout.postgres, self._secrets["POSTGRES_PASSWORD"], self._say)
        self._configure()

    def _lock_var(self) -> None:
        self.var.mkdir(parents=True, exist_ok=True)
        self._lock = (self.var / "lock").open("a+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.seek(0)
            holder = self._lock.read().strip()
            raise DeployError(f"Estrade already runs from {self.var} (process {holder}).") from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def _require_ports(self) -> None:
        wanted = [("edge", "PORT"), ("ingest", "RTMP_PORT")]
        wanted += [("edge", "RTMPS_PORT")] if self.values["TLS_CERT"] else []
        wanted += [("edge", "HTTP_REDIRECT_PORT")] if self.values["HTTP_REDIRECT_PORT"] not in ("", "0") else []
        for name, setting in wanted:
            if name in self._names:
                environment.require_free(self.values["HOST"], int(self.values[setting]), setting)

    def _configure(self) -> None:
        ports = self._ports
        scene = Scene(
            self.layout, self.values["NODE"], self._server_flags, ports["payments"], self._given.get("SFU_PRELOAD", "")
        )
        self.programs = {name: MAKERS[name](scene) for name in self._names}
        relay: dict[str, object] = {"relay_port": ports["relay"], "rtmps_port": ports["rtmps"]}
        relay |= {"janus_listen": "127.0.0.1", "janus_port": ports["janus"]}
        relay |= {"relay_path": self._secrets["RELAY_PATH"]}
        context = make_context(self.layout, self.values, relay)
        programs = describe_programs(self.programs.values(), self.layout)
        write_configuration(self.layout, context | {"programs": programs})

    @property
    def _secrets(self) -> environment.Values:
        return environment.keep_secrets(self.layout.var / "secrets")

    @property
    def environment(self) -> dict[str, str]:
        """What our processes inherit: every setting reaches them through var/env alone."""
        ours = environment.setting_names()
        inherited = {name: value for name, value in os.environ.items() if name not in ours}
        # Ordinary users of Debian don't have nginx's directory in their path.
        path = f"{inherited.get('PATH', '/usr/bin:/bin')}:/usr/sbin:/sbin"
        return inherited | {"ESTRADE_VAR": str(self.layout.var), "PYTHONUNBUFFERED": "1", "PATH": path}

    def start(self) -> None:
        """Bring everything up, the database migrated; the demo encoder waits for `start_programs`."""
        self._mark_logs()
        self.supervisor.start()
        self.supervisor.start_programs(name for name in FIRST if name in self.programs)
        compiling = self.start_manage("compilemessages", *NOT_OURS, "--verbosity", "0")
        if "web" not in self.programs:
            self._ensure_database()
            self._finish(compiling)
            return
        collecting = self.start_manage("collectstatic", "--noinput", "--verbosity", "0")
        self._ensure_database()
        self._say("Migrating the database")
        direct = {"DB_HOST": self.values["DB_DIRECT_HOST"], "DB_PORT": self.values["DB_DIRECT_PORT"]}
        self.manage("migrate", "--noinput", "--verbosity", "0", **direct)
        self._finish(collecting)
        self._finish(compiling)
        self._say("Starting the rest")
        self.supervisor.start_programs(name for name in self.programs if name != "demo")

    def wait_ready(self, within_s: float = 180.0) -> None:
        """Until pages answer and workers take tasks; DeployError when they don't in time.

        A small machine that has other things to do needs a minute and more for its first start.
        """
        deadline = time.monotonic() + within_s
        while not (self._answers() and all(self._is_consuming(name) for name in ("worker", "packager"))):
            if not self.supervisor.is_alive or time.monotonic() > deadline:
                raise DeployError(f"Estrade doesn't come up. See {self.layout.log}/ for why.")
            time.sleep(0.1)

    def _answers(self) -> bool:
        return answers(f"{self.local_url}/")

    @property
    def local_url(self) -> str:
        """The edge by way of loopback: its public address may not be reachable from here."""
        return f"{'https' if self.values['TLS_CERT'] else 'http'}://127.0.0.1:{self.values['PORT']}"

    def _is_consuming(self, name: str) -> bool:
        """Celery says `ready` once it has its queues; what it said at an earlier start lies before the mark."""
        path = self.layout.log / f"{name}.log"
        return path.exists() and b" ready." in path.read_bytes()[self._log_marks.get(name, 0) :]

    def _mark_logs(self) -> None:
        self._log_marks = {path.stem: path.stat().st_size for path in self.layout.log.glob("*.log")}

    def _ensure_database(self) -> None:
        if "postgres" not in self.programs:
            return
        server = postgres.wait_for_server(self.layout.database_run, self._secrets["POSTGRES_PASSWORD"])
        names = (self.values[name] for name in ("DB_NAME", "DB_USER", "DB_PASSWORD"))
        try:
            postgres.ensure_database(server, *names)
        finally:
            server.close()

    def start_manage(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        """A `manage.py` command that runs beside us."""
        command = [sys.executable, str(REPO / "manage.py"), *arguments]
        environment, pipe = self.environment | settings, subprocess.PIPE
        return subprocess.Popen(command, cwd=REPO, env=environment, text=True, stdout=pipe, stderr=pipe)

    def manage(self, *arguments: str, **settings: str) -> str:
        """The output of a `manage.py` command; DeployError with its complaint if it fails."""
        return self._finish(self.start_manage(*arguments, **settings))

    @staticmethod
    def _finish(process: subprocess.Popen[str]) -> str:
        output, complaint = process.communicate()
        if process.returncode:
            assert isinstance(process.args, list)
            lines = [line for line in complaint.splitlines() if line.strip()]
            raise DeployError("\n".join([f"manage.py {' '.join(process.args[2:])} failed:", *lines[-4:]]))
        return output

    def start_programs(self, *names: str) -> None:
        """Start these again after `stop_programs`, or for the first time."""
        self.supervisor.start_programs(names)

    def stop_programs(self, *names: str) -> None:
        """Stop these until `start_programs`."""
        self.supervisor.stop_programs(names)

    def pid(self, name: str) -> int:
        """The program's process id; 0 while it is down."""
        return self.supervisor.pid(name)

    def kill(self, name: str, with_signal: signal.Signals = signal.SIGKILL) -> int:
        """Kill a program's process, which supervisord then starts again; returns the process id that was."""
        pid = self.pid(name)
        os.kill(pid, with_signal)
        return pid

    def log_tail(self, name: str, lines: int = 20) -> str:
        """The last lines that a program wrote."""
        path = self.layout.log / f"{name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""

    def stop(self) -> None:
        """Stop everything in order, packagers first and databases last, and see that nothing is left."""
        if not hasattr(self, "supervisor"):
            return
        if self.supervisor.is_alive:
            for phase in STOP_PHASES:
                names = [one.name for one in self.programs.values() if one.stop_phase == phase]
                self.supervisor.stop_programs(names)
        self.supervisor.stop()
        self._end_leftovers()
        if not self.layout.run.is_relative_to(self.layout.var):
            shutil.rmtree(self.layout.run)
        if self._lock is not None:
            self._lock.close()

    def _end_leftovers(self) -> None:
        for record in self.layout.run.glob("*.pgid"):
            end_leftovers(record)
            record.unlink(missing_ok=True)
