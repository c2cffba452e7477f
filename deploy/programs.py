"""The process table: what runs, as which command, and in what order it stops."""

import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from deploy.layout import REPO, Layout, service_user
from deploy.postgres import find_server

PYTHON = sys.executable
# Workers that tell each other nothing: who has a broadcast is in its lease.
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")
CELERY = (PYTHON, "-m", "celery", "-A", "config", "worker", *QUIET, "-l", "INFO")
# Who is full must not sit on a broadcast, or on a long task, that an idle one could take.
ONE_BY_ONE = "--disable-prefetch"
# A worker that is full looks again only after up to a second. Short tasks are taken ahead, or they would expire: each
# second has more of them than the worker has threads.
AHEAD = ("--prefetch-multiplier", "8")


@dataclass(frozen=True)
class Program:
    """One line of the process table."""

    name: str
    command: tuple[str, ...]
    stop_phase: int
    stop_signal: str = "TERM"
    stop_wait_s: int = 10
    user: str = ""
    remove: tuple[Path, ...] = ()
    boot_file: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def start_command(self, run: Path) -> tuple[str, ...]:
        """The command by way of deploy/start.py."""
        start = [PYTHON, "-I", "-S", str(REPO / "deploy" / "start.py"), "--run-dir", str(run)]
        start += ["--stop-signal", f"SIG{self.stop_signal}"]
        start += ["--user", self.user] if self.user else []
        start += ["--boot-file", str(self.boot_file)] if self.boot_file else []
        for path in self.remove:
            start += ["--remove", str(path)]
        return (*start, self.name, "--", *self.command)


@dataclass(frozen=True)
class Scene:
    """What the commands depend on."""

    layout: Layout
    node: str
    server_flags: tuple[str, ...] = ()
    payments_port: int = 0
    # A library that the SFU is started with: tests on a machine that has loopback alone.
    sfu_preload: str = ""

    @property
    def id(self) -> str:
        return sha256(f"{socket.gethostname()}:{self.layout.var}".encode()).hexdigest()[:8]

    def node_name(self, role: str) -> str:
        """What a Celery worker is called, so that no two share a name."""
        return f"{role}@{self.node}-{self.id}"


def _postgres(scene: Scene) -> Program:
    layout, user = scene.layout, service_user()
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(layout.database_run),
        "unix_socket_permissions": "0700",
        "port": "5432",
        "logging_collector": "off",
        "log_line_prefix": "%m [%p] ",
    }
    flags = [f"--{name}={value}" for name, value in settings.items()] + list(scene.server_flags)
    server = find_server(layout.postgres)
    command = (str(server / "postgres"), "-D", str(layout.postgres.resolve()), *flags)
    return Program("postgres", command, 3, "INT", 20, user.pw_name if user else "")


def _pgbouncer(scene: Scene) -> Program:
    run, user = scene.layout.database_run, service_user()
    # SIGINT would wait for transactions that nobody ends.
    command = ("pgbouncer", str(run / "pgbouncer.ini"))
    return Program("pgbouncer", command, 3, user=user.pw_name if user else "", remove=(run / ".s.PGSQL.6432",))


def _redis(scene: Scene) -> Program:
    return Program("redis", ("redis-server", str(scene.layout.conf / "redis.conf")), 3)


def _nginx(scene: Scene, name: str) -> tuple[str, ...]:
    layout = scene.layout
    return ("nginx", "-e", "stderr", "-p", str(layout.var), "-c", str(layout.conf / f"{name}.conf"))


def _ingest(scene: Scene) -> Program:
    run = scene.layout.run
    boot_file = run / "ingest-boot.conf"
    return Program("ingest", _nginx(scene, "ingest"), 2, remove=(run / "ingest.sock",), boot_file=boot_file)


def _edge(scene: Scene) -> Program:
    return Program("edge", _nginx(scene, "edge"), 2)


def _web(scene: Scene) -> Program:
    socket = scene.layout.run / "web.sock"
    # All pages come back at once after a restart, and a full queue refuses them where TCP would have them try again.
    endpoint = f"unix:{socket}:backlog=1024"
    command = (PYTHON, "-m", "daphne", "--proxy-headers", "--access-log", "/dev/null", "-e", endpoint)
    stale = (socket, socket.with_name("web.sock.lock"))
    return Program("web", (*command, "config.asgi:application"), 2, stop_wait_s=5, remove=stale)


def _worker(scene: Scene) -> Program:
    queues = ("-Q", "urgent,default", "-P", "threads", "-c", "4", *AHEAD)
    return Program("worker", (*CELERY, *queues, "-n", scene.node_name("worker")), 1)


def _batch(scene: Scene) -> Program:
    queues = ("-Q", "batch", "-P", "prefork", "-c", "1", ONE_BY_ONE)
    return Program("batch", ("nice", "-n", "10", *CELERY, *queues, "-n", scene.node_name("batch")), 1)


def _packager(scene: Scene) -> Program:
    queues = ("-Q", f"media,media.{scene.node}", "-P", "threads", "-c", "32", ONE_BY_ONE)
    return Program("packager", (*CELERY, *queues, "-n", scene.node_name("packager")), 0)


def _beat(scene: Scene) -> Program:
    schedule = str(scene.layout.var / "beat" / "schedule")
    command = (PYTHON, "-m", "celery", "-A", "config", "beat", "-s", schedule, "--pidfile=", "-l", "WARNING")
    return Program("beat", command, 0, stop_wait_s=3)


def _payments(scene: Scene) -> Program:
    run, state = scene.layout.run, scene.layout.var / "payments"
    where = ("--listen", f"127.0.0.1:{scene.payments_port}", "--socket", str(run / "payments.sock"))
    command = (PYTHON, "-m", "deploy.payments", *where, "--web", f"unix:{run / 'web.sock'}", "--state", str(state))
    # Web and workers are gone first, so that nothing asks in vain.
    return Program("payments", command, 3)


def _sfu(scene: Scene) -> Program:
    conf = scene.layout.conf / "janus"
    preload = ("env", f"LD_PRELOAD={scene.sfu_preload}") if scene.sfu_preload else ()
    command = (*preload, "janus", "-o", "-F", str(conf), "-C", str(conf / "janus.jcfg"))
    return Program("sfu", command, 1)


def _conductor(scene: Scene) -> Program:
    return Program("conductor", (PYTHON, str(REPO / "manage.py"), "conduct"), 0, stop_wait_s=5)


def _demo(scene: Scene) -> Program:
    return Program("demo", (PYTHON, "-m", "deploy.demo"), 0, stop_wait_s=3)


MAKERS: Mapping[str, Callable[[Scene], Program]] = {
    "postgres": _postgres,
    "redis": _redis,
    "pgbouncer": _pgbouncer,
    "ingest": _ingest,
    "edge": _edge,
    "web": _web,
    "worker": _worker,
    "batch": _batch,
    "packager": _packager,
    "beat": _beat,
    "sfu": _sfu,
    "conductor": _conductor,
    "payments": _payments,
    "demo": _demo,
}
STOP_PHASES = range(4)
