"""The environment of one instance: generated secrets, ports that are free, and var/env that names it all."""

import importlib.util
import json
import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

from deploy.errors import DeployError
from deploy.layout import REPO, Layout

SECRETS = (
    "SECRET_KEY",
    "STREAM_KEY_SECRETS",
    "PLAYBACK_SECRETS",
    "HOOK_SECRETS",
    "TOTP_SECRETS",
    "BANK_SECRETS",
    "SANDBOX_KEY",
    "SANDBOX_WEBHOOK_SECRET",
    "DB_PASSWORD",
    "POSTGRES_PASSWORD",
    "RELAY_PATH",
    "JANUS_SECRET",
)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
FILES = ("TLS_CERT", "TLS_KEY", "ACME_DIR")
OFF = ("0", "false", "no", "off")
# What is made here and not passed on under its own name.
NOT_SETTINGS = ("POSTGRES_PASSWORD", "RELAY_PATH", "SANDBOX_KEY", "SANDBOX_WEBHOOK_SECRET")

Values = dict[str, str]


def write_private(path: Path, text: str) -> None:
    """Replace a file that only its owner may read, in one step."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.rename(path)


def read_values(path: Path) -> Values:
    """The KEY=VALUE lines of a file; none if it isn't there."""
    if not path.exists():
        return {}
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def keep_secrets(path: Path) -> Values:
    """The instance's secrets, each its own; those not there yet are made."""
    known = read_values(path)
    made = {name: known.get(name) or secrets.token_urlsafe(32) for name in SECRETS}
    if made != known:
        lines = "".join(f"{name}={value}\n" for name, value in made.items())
        head = "# To replace one of the plural secrets, put the new one first, a comma, then the old one; restart.\n"
        write_private(path, head + lines)
    return made


def keep_demo(path: Path, printed: str) -> dict[str, str]:
    """Keep what `manage.py first_run` printed in a private file; returns the demo channel's addresses.

    The administrator's password is known once, when the administrator is made.
    """
    known = json.loads(path.read_text()) if path.exists() else {}
    made = json.loads(printed)
    made["admin"]["password"] = made["admin"]["password"] or known.get("admin", {}).get("password")
    write_private(path, json.dumps(made, indent=2) + "\n")
    channel: dict[str, str] = made["channel"]
    return channel


def is_free(host: str, port: int) -> bool:
    """Whether a server may listen there; PermissionError where the user may not."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except PermissionError:
            raise
        except OSError:
            return False
    return True


def require_free(host: str, port: int, setting: str) -> None:
    """Raise DeployError, naming the setting that helps, unless the port can be had."""
    try:
        if is_free(host, port):
            return
    except PermissionError:
        raise DeployError(f"Port {port} is for root only. Set {setting} to one above 1023.") from None
    raise DeployError(f"Port {port} is taken by another program. Choose another: {setting}={port + 1} make run")


def keep_ports(path: Path, names: tuple[str, ...]) -> dict[str, int]:
    """Loopback ports for what can't talk over a unix socket: those of last time while they are free."""
    known: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    ports = {name: port for name in names if is_free("127.0.0.1", port := known.get(name, 0)) and port}
    for name in names:
        ports.setdefault(name, find_free_port())
    path.write_text(json.dumps(ports))
    return ports


def find_free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def lan_address() -> str:
    """The address by which others on the network reach this machine; loopback when there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: this only asks for the route
        except OSError:
            return "127.0.0.1"
        address: str = probe.getsockname()[0]
        return address


def load_env_module() -> ModuleType:
    """config/env.py alone: importing it as config.env would start Celery, which wants the settings made here."""
    spec = importlib.util.spec_from_file_location("estrade_env", REPO / "config" / "env.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def setting_names() -> frozenset[str]:
    """Every name that config/env.py reads."""
    return frozenset(name.upper() for name in load_env_module().Env.model_fields)


def make_environment(layout: Layout, given: Mapping[str, str]) -> Values:
    """All settings of an instance; what is `given` wins over what is made up."""
    kept = keep_secrets(layout.var / "secrets")
    host = given.get("HOST", "127.0.0.1")
    port = given.get("PORT", "8080")
    rtmp_port = given.get("RTMP_PORT", "1935")
    # Programs run in other directories. A link stays one: renewing a certificate often means to turn it.
    files = {name: str(Path(given[name]).absolute()) for name in FILES if given.get(name)}
    scheme = "https" if "TLS_CERT" in files else "http"
    made = {name: value for name, value in kept.items() if name not in NOT_SETTINGS} | {
        "HOST": host,
        "PORT": port,
        "RTMP_PORT": rtmp_port,
        "PUBLIC_URL": f"{scheme}://{'localhost' if host in LOOPBACK else lan_address()}:{port}",
        "TLS_CERT": "",
        "TLS_KEY": "",
        "RTMPS_PORT": "1936",
        "HTTP_REDIRECT_PORT": "0",
        "ACME_DIR": str(layout.var / "acme"),
        "DEMO": "1",
        "NODE": "local",
        "DB_HOST": str(layout.database_run),
        "DB_PORT": "6432",
        "DB_NAME": "estrade",
        "DB_USER": "estrade",
        "DB_DIRECT_HOST": str(layout.database_run),
        "DB_DIRECT_PORT": "5432",
        "REDIS_URL": f"unix://{layout.run}/redis.sock?db=0",
        "INGEST_RTMP_URL": f"rtmp://127.0.0.1:{rtmp_port}/live",
        "INGEST_CONTROL": f"unix:{layout.run}/ingest.sock",
        "MEDIA_DIR": str(layout.media),
        "STATIC_ROOT": str(layout.static),
        "RTC_PORTS": "20000-20999",
        "RTC_ADDRESS": lan_address(),
    }
    values = made | dict(_known(given)) | files
    values.setdefault("PAYMENTS", "sandbox" if is_private(values["PUBLIC_URL"]) else "off")
    return values


def with_sandbox(values: Values, kept: Mapping[str, str], port: int) -> Values:
    """The settings by which all reach the payments sandbox of this machine, if that is what payments go to."""
    if values["PAYMENTS"] != "sandbox":
        return values
    return values | {
        "STRIPE_API_BASE": f"http://127.0.0.1:{port}",
        "STRIPE_SECRET_KEY": f"sk_test_{kept['SANDBOX_KEY']}",
        "STRIPE_PUBLISHABLE_KEY": "pk_test_sandbox",
        "STRIPE_WEBHOOK_SECRETS": kept["SANDBOX_WEBHOOK_SECRET"],
    }


def with_sfu(values: Values, port: int) -> Values:
    """The setting by which the conductor reaches Janus on this machine, unless it is told of another."""
    return {"JANUS_URL": f"ws://127.0.0.1:{port}"} | values


def is_private(url: str) -> bool:
    """Whether an address is of this machine or a network at home."""
    found: bool = load_env_module().is_private(url)
    return found


def _known(given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    names = setting_names()
    return ((name, value) for name, value in given.items() if name in names)
