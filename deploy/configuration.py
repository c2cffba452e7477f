"""What the configuration templates are told."""

import os
import shlex
import ssl
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from deploy.environment import LOOPBACK, Values, load_env_module
from deploy.errors import DeployError
from deploy.layout import REPO, Layout, service_user
from deploy.programs import Program
from deploy.render import render_to

WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 compared with


def listen_addresses(host: str, port: str) -> list[str]:
    """Where nginx listens: at `host`, and on loopback in any case, where our own programs connect."""
    hosts = [host] if host in WILDCARDS else sorted({"127.0.0.1" if host in LOOPBACK else host, "127.0.0.1"})
    return [f"[{one}]:{port}" if ":" in one else f"{one}:{port}" for one in hosts]


def playback_keys(secrets: str) -> list[dict[str, str]]:
    """The secrets that playback addresses are signed with, each by the name its addresses carry."""
    kept = [secret.strip() for secret in secrets.split(",") if secret.strip()]
    return [{"kid": sha256(secret.encode()).hexdigest()[:8], "secret": secret} for secret in kept]


def make_context(layout: Layout, values: Values, relay: Mapping[str, object]) -> dict[str, object]:
    """Everything that a template may name, for one instance on one machine."""
    host = values["HOST"]
    ports = {name: listen_addresses(host, values[name]) for name in ("PORT", "RTMP_PORT", "RTMPS_PORT")}
    relay_address = f"127.0.0.1:{relay.get('rtmps_port', 0)}"
    return {name.lower(): value for name, value in values.items()} | {
        "repo": str(REPO),
        "run_dir": str(layout.run),
        "var_dir": str(layout.var),
        "deploy_dir": str(REPO / "deploy"),
        "lua_dir": str(REPO / "deploy" / "edge" / "lua"),
        "uploads_dir": str(layout.var / "uploads"),
        "is_root": os.geteuid() == 0,
        "user_directive": "user root;" if os.geteuid() == 0 else "",
        "listen": ports["PORT"],
        "rtmp_listen": ports["RTMP_PORT"],
        "rtmps_listen": ports["RTMPS_PORT"],
        **https_context(values),
        "packager_addresses": ["127.0.0.1"],
        "web_upstream": f"unix:{layout.run}/web.sock",
        "web_host": urlsplit(values["PUBLIC_URL"]).netloc,
        "redis_socket": f"{layout.run}/redis.sock",
        "control_listen": f"unix:{layout.run}/ingest.sock",
        "boot_file": str(layout.run / "ingest-boot.conf"),
        "hook_secret": values["HOOK_SECRETS"].split(",")[0],
        "playback_keys": playback_keys(values["PLAYBACK_SECRETS"]),
        **sfu_context(values["RTC_ADDRESS"], values["RTC_PORTS"], values.get("RTC_PUBLIC_ADDRESS", "")),
        "pool_users": str(layout.database_run / "pgbouncer.users"),
        "payments_upstream": payments_upstream(values),
        "rtmp_behind_edge": relay_address if values["TLS_CERT"] else "",
        "ingest_behind_edge": relay_address,
        **relay,
    }


def payments_upstream(values: Mapping[str, str]) -> str:
    """Where the edge finds the payments sandbox; "" when there is none."""
    return urlsplit(values.get("STRIPE_API_BASE", "")).netloc if values.get("PAYMENTS") == "sandbox" else ""


def sfu_context(address: str, ports: str, public_address: str) -> dict[str, object]:
    """What Janus is told: where its parts are, and where browsers' media reach it."""
    libraries = next(iter(sorted(Path("/usr/lib").glob("*/janus"))), Path("/usr/lib/janus"))
    return {
        "janus_libraries": str(libraries),
        "rtc_ports": ports,
        "rtc_address": address,
        "rtc_public_address": public_address if public_address != address else "",
    }


def https_context(values: Mapping[str, str]) -> dict[str, object]:
    """What the edge is told about certificates, the public address and proxies; DeployError when it can't be so."""
    url = values["PUBLIC_URL"].rstrip("/")
    parts = urlsplit(url)
    redirect_port = values.get("HTTP_REDIRECT_PORT") or "0"
    if parts.scheme != "https" and (values.get("TLS_CERT") or redirect_port != "0"):
        raise DeployError(f"TLS_CERT and HTTP_REDIRECT_PORT need a PUBLIC_URL that begins with https://, not {url}.")
    is_named = parts.scheme == "https" and parts.hostname not in LOOPBACK
    max_age = int(values.get("HSTS_S") or load_env_module().Env.model_fields["hsts_s"].default)
    try:
        trusted = load_env_module().networks(values.get("TRUSTED_PROXIES", ""))
    except ValueError as error:
        raise DeployError(f"TRUSTED_PROXIES: {error}.") from None
    return {
        "public_url": url,
        "public_scheme": parts.scheme,
        "strict_transport": f"max-age={max_age}" if is_named and max_age else "",
        "trusted_proxies": trusted,
        "redirect_listen": listen_addresses(values["HOST"], redirect_port) if redirect_port != "0" else [],
        **certificate(values.get("TLS_CERT", ""), values.get("TLS_KEY", "")),
    }


def certificate(cert: str, key: str) -> dict[str, object]:
    """The certificate's files, of which nginx itself would complain at each handshake only."""
    if bool(cert) != bool(key):
        raise DeployError("TLS_CERT and TLS_KEY go together: one is set, the other isn't.")
    if cert:
        try:
            # A passphrase would be asked for on the terminal.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password=lambda: "")
        except (OSError, ValueError) as error:
            text = f"TLS_CERT={cert} with TLS_KEY={key} can't be used: {error}. Both are PEM, without a passphrase."
            raise DeployError(text) from None
    return {"tls_cert": cert, "tls_key": key}


def describe_programs(programs: Iterable[Program], layout: Layout) -> list[dict[str, object]]:
    """The process table in supervisord's words; it expands percent signs and wants them doubled."""
    return [
        {
            "name": program.name,
            "command": shlex.join(program.start_command(layout.run)).replace("%", "%%"),
            "stop_signal": program.stop_signal,
            "stop_wait_s": program.stop_wait_s,
            # supervisord stops in the opposite order of priority.
            "priority": 100 - program.stop_phase,
        }
        for program in programs
    ]


SFU_FILES = ("janus", *(f"janus.plugin.{name}" for name in ("audiobridge", "videoroom", "streaming")))


def write_sfu_configuration(conf: Path, context: Mapping[str, object]) -> None:
    """Janus reads a directory: the package's own, which is open to everybody, is never used."""
    conf.mkdir(parents=True, exist_ok=True)
    for name in (*SFU_FILES, "janus.transport.websockets"):
        render_to(conf / f"{name}.jcfg", f"sfu/{name}.jcfg", context)


def write_configuration(layout: Layout, context: Mapping[str, object]) -> None:
    """Render every file that the processes of a machine are configured by."""
    conf, pool = layout.conf, layout.database_run
    render_to(conf / "supervisord.conf", "supervisord.conf", context)
    render_to(conf / "redis.conf", "redis.conf", context)
    render_to(conf / "ingest.conf", "ingest/nginx.conf", context)
    render_to(conf / "edge.conf", "edge/nginx.conf", context)
    write_sfu_configuration(conf / "janus", context)
    render_to(pool / "pgbouncer.ini", "pgbouncer.ini", context)
    render_to(pool / "pgbouncer.users", "pgbouncer.users", context)
    if user := service_user():
        for name in ("pgbouncer.ini", "pgbouncer.users"):
            os.chown(pool / name, user.pw_uid, user.pw_gid)
