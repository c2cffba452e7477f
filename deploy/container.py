"""One program of the process table, alone in a container; docker-compose.yml says which.

    python -m deploy.container NAME

The same programs and templates as on a machine, with names and ports in the place of sockets. Settings come from the
container's environment, and each container is given only the secrets that it needs.
"""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2

from deploy import postgres
from deploy.configuration import (
    https_context,
    payments_upstream,
    playback_keys,
    sfu_context,
    write_sfu_configuration,
)
from deploy.environment import OFF, keep_demo
from deploy.errors import DeployError
from deploy.layout import REPO, Layout
from deploy.network import ROUTES, addresses_of, await_addresses, first_resolver, network_of
from deploy.programs import MAKERS, PYTHON, Scene
from deploy.render import render_to

LOCAL = Path("/run/estrade")
LAYOUT = Layout(LOCAL, LOCAL)
HTTP_PORT, RTMP_PORT, WEB_PORT, CONTROL_PORT, RELAY_PORT = 8080, 1935, 8000, 8089, 8090
REDIRECT_PORT, RTMPS_PORT, BEHIND_EDGE_PORT, PAYMENTS_PORT, JANUS_PORT = 8081, 1936, 1937, 8420, 8188
EVERYWHERE = "0.0.0.0"  # noqa: S104 a container's own network
LOOK_AGAIN_S = 2.0


def say(text: str) -> None:
    print(text, flush=True)


def setting(name: str, default: str | None = None) -> str:
    """A setting from the environment; DeployError when it is missing and there is no default."""
    value = os.environ.get(name, "") or default
    if value is None:
        raise DeployError(f"The setting {name} is missing. deploy/make-env writes an .env that has them all.")
    return value


def replace_with(*command: str) -> None:
    """Become the program."""
    os.execvp(command[0], command)


def command_of(name: str) -> tuple[str, ...]:
    """The command of the process table."""
    return MAKERS[name](Scene(LAYOUT, setting("NODE", "local"))).command


def public_url() -> str:
    """The address by which browsers come."""
    scheme = "https" if setting("TLS_CERT", "") else "http"
    return setting("PUBLIC_URL", f"{scheme}://localhost:{setting('PORT', '8080')}")


def nginx_context() -> dict[str, object]:
    """What both configurations of nginx are told."""
    return {
        "run_dir": str(LOCAL),
        "var_dir": str(LOCAL),
        "deploy_dir": str(REPO / "deploy"),
        "lua_dir": str(REPO / "deploy" / "edge" / "lua"),
        "user_directive": "",
        "web_upstream": setting("WEB_ADDRESS", f"web:{WEB_PORT}"),
        "resolver": first_resolver(Path("/etc/resolv.conf").read_text()),
    }


def ingest_context() -> dict[str, object]:
    """For ingest: play is for the network by which packagers know it, and for no other."""
    known_as = urlsplit(setting("INGEST_RTMP_URL")).hostname or ""
    routes = ROUTES.read_text()
    networks = {str(network_of(address, routes)) for address in await_addresses(known_as, say)}
    allowed = setting("PACKAGER_ADDRESSES", ",".join(sorted(networks)))
    return nginx_context() | {
        "rtmp_listen": [f"{EVERYWHERE}:{RTMP_PORT}"],
        "rtmp_behind_edge": f"{EVERYWHERE}:{BEHIND_EDGE_PORT}",
        "control_listen": f"{EVERYWHERE}:{CONTROL_PORT}",
        "packager_addresses": [address.strip() for address in allowed.split(",")],
        "relay_port": RELAY_PORT,
        "relay_path": secrets.token_urlsafe(32),
        "boot_file": str(LAYOUT.conf / "ingest-boot.conf"),
        "web_host": urlsplit(public_url()).netloc,
        "hook_secret": setting("HOOK_SECRETS").split(",")[0],
        "node": setting("NODE", "local"),
    }


def edge_context() -> dict[str, object]:
    """For the edge: files from volumes, positions and pages from other containers."""
    redis = urlsplit(setting("REDIS_URL"))
    given = {name: setting(name, "") for name in ("TLS_CERT", "TLS_KEY", "TRUSTED_PROXIES", "HSTS_S")}
    # Where the container listens; which ports the machine has is up to the composition.
    redirect = str(REDIRECT_PORT) if public_url().startswith("https:") else "0"
    values = given | {"PUBLIC_URL": public_url(), "HOST": EVERYWHERE, "HTTP_REDIRECT_PORT": redirect}
    return nginx_context() | {
        **https_context(values),
        "listen": [f"{EVERYWHERE}:{HTTP_PORT}"],
        "rtmps_listen": [f"{EVERYWHERE}:{RTMPS_PORT}"],
        "ingest_behind_edge": setting("INGEST_ADDRESS", f"ingest:{BEHIND_EDGE_PORT}"),
        "acme_dir": setting("ACME_DIR", "/acme"),
        "media_dir": setting("MEDIA_DIR", f"{setting('ESTRADE_VAR')}/media"),
        "static_root": setting("STATIC_ROOT"),
        "uploads_dir": f"{setting('ESTRADE_VAR')}/uploads",
        "redis_socket": "",
        "redis_host": redis.hostname,
        "redis_port": redis.port or 6379,
        "playback_keys": playback_keys(setting("PLAYBACK_SECRETS")),
        "payments_upstream": payments_upstream({name: setting(name, "") for name in ("PAYMENTS", "STRIPE_API_BASE")}),
    }


def run_ingest() -> None:
    LAYOUT.conf.mkdir(exist_ok=True)
    context = ingest_context()
    Path(str(context["boot_file"])).write_text(f"set $estrade_boot {secrets.token_hex(8)};\n")
    render_to(LAYOUT.conf / "ingest.conf", "ingest/nginx.conf", context)
    replace_with(*command_of("ingest"))


def run_edge() -> None:
    """nginx looks web up once, when it reads its configuration: have it read again when web has moved."""
    LAYOUT.conf.mkdir(exist_ok=True)
    context = edge_context()
    web = str(context["web_upstream"]).partition(":")[0]
    render_to(LAYOUT.conf / "edge.conf", "edge/nginx.conf", context)
    known = await_addresses(web, say)
    nginx = subprocess.Popen(command_of("edge"))
    signal.signal(signal.SIGTERM, lambda *_: nginx.terminate())
    signal.signal(signal.SIGHUP, lambda *_: nginx.send_signal(signal.SIGHUP))
    while nginx.poll() is None:
        found = addresses_of(web)
        if found and found != known:
            say(f"{web} moved to {', '.join(sorted(found))}")
            nginx.send_signal(signal.SIGHUP)
            known = found
        try:
            nginx.wait(LOOK_AGAIN_S)
        except subprocess.TimeoutExpired:
            continue
    sys.exit(nginx.returncode)


def run_pgbouncer() -> None:
    database = {
        "DB_NAME": "estrade",
        "DB_USER": "estrade",
        "DB_DIRECT_HOST": "postgres",
        "DB_DIRECT_PORT": "5432",
        "DB_PORT": "6432",
    }
    context: dict[str, object] = {name.lower(): setting(name, usual) for name, usual in database.items()}
    context |= {"db_password": setting("DB_PASSWORD"), "pool_listen": EVERYWHERE}
    pool = LAYOUT.database_run
    pool.mkdir(exist_ok=True)
    render_to(pool / "pgbouncer.ini", "pgbouncer.ini", context | {"pool_users": str(pool / "pgbouncer.users")})
    render_to(pool / "pgbouncer.users", "pgbouncer.users", context)
    replace_with(*command_of("pgbouncer"))


def run_web() -> None:
    listen = ("-b", EVERYWHERE, "-p", str(WEB_PORT))
    daphne = (PYTHON, "-m", "daphne", "--proxy-headers", "--access-log", "/dev/null")
    replace_with(*daphne, *listen, "config.asgi:application")


def run_beat() -> None:
    (LOCAL / "beat").mkdir(exist_ok=True)
    replace_with(*command_of("beat"))


def run_demo() -> None:
    if setting("DEMO", "1").lower() in OFF:
        say("DEMO is off.")
        return
    replace_with(*command_of("demo"))


def run_payments() -> None:
    """The payments sandbox; elsewhere money goes to Stripe or nowhere."""
    if setting("PAYMENTS", "off") != "sandbox":
        say("PAYMENTS is not sandbox.")
        return
    state = Path(setting("ESTRADE_VAR")) / "payments"
    where = ("--listen", f"{EVERYWHERE}:{PAYMENTS_PORT}", "--socket", str(LOCAL / "payments.sock"))
    web = setting("WEB_ADDRESS", f"web:{WEB_PORT}")
    replace_with(PYTHON, "-m", "deploy.payments", *where, "--web", f"http://{web}", "--state", str(state))


def run_sfu() -> None:
    """Janus. Its interface is on the network inside, which has no other door than its secrets."""
    ports, public = setting("RTC_PORTS", "20000-20999"), setting("RTC_PUBLIC_ADDRESS", "")
    context = sfu_context("", ports, public) | {
        "var_dir": str(LOCAL),
        "janus_secret": setting("JANUS_SECRET"),
        "janus_listen": EVERYWHERE,
        "janus_port": JANUS_PORT,
    }
    write_sfu_configuration(LAYOUT.conf / "janus", context)
    replace_with(*command_of("sfu"))


def run_migrate() -> None:
    """Bring the database up to date, and see that there are an administrator and a demo channel."""
    direct = {"DB_HOST": setting("DB_DIRECT_HOST"), "DB_PORT": setting("DB_DIRECT_PORT", "5432")}
    user = setting("DB_USER", "estrade")
    postgres.wait_for_server(direct["DB_HOST"], setting("DB_PASSWORD"), user, setting("DB_NAME", "estrade")).close()
    manage = [PYTHON, str(REPO / "manage.py")]
    subprocess.run([*manage, "migrate", "--noinput"], env=os.environ | direct, check=True)
    facts = subprocess.run([*manage, "first_run"], env=os.environ | direct, check=True, stdout=subprocess.PIPE)
    keep_demo(Path(setting("ESTRADE_VAR")) / "demo.json", facts.stdout.decode())


def run_postgres() -> None:
    """PostgreSQL out of this image, told by the variables of the image that usually does this."""
    data = Path(setting("PGDATA", "/var/lib/postgresql/data")) / "cluster"
    password, user = setting("POSTGRES_PASSWORD"), setting("POSTGRES_USER", "estrade")
    postgres.ensure_cluster(data, password, say)
    postgres.let_in_by_password(data)
    command = (str(postgres.find_server(data) / "postgres"), "-D", str(data), f"--unix_socket_directories={LOCAL}")
    server = subprocess.Popen((*command, "--listen_addresses=*"))
    signal.signal(signal.SIGINT, lambda *_: server.send_signal(signal.SIGINT))
    signal.signal(signal.SIGTERM, lambda *_: server.send_signal(signal.SIGINT))
    with closing(postgres.wait_for_server(LOCAL, password)) as connection:
        postgres.ensure_database(connection, setting("POSTGRES_DB", user), user, password)
    sys.exit(server.wait())


RUNNERS: Mapping[str, Callable[[], None]] = {
    "ingest": run_ingest,
    "edge": run_edge,
    "web": run_web,
    "worker": lambda: replace_with(*command_of("worker")),
    "batch": lambda: replace_with(*command_of("batch")),
    "packager": lambda: replace_with(*command_of("packager")),
    "beat": run_beat,
    "demo": run_demo,
    "payments": run_payments,
    "sfu": run_sfu,
    "conductor": lambda: replace_with(*command_of("conductor")),
    "pgbouncer": run_pgbouncer,
    "migrate": run_migrate,
    "postgres": run_postgres,
    "redis-server": lambda: replace_with(*sys.argv[1:]),
}


def main() -> int:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        if name not in RUNNERS:
            raise DeployError(f"There is no program {name!r}. There are: {', '.join(RUNNERS)}.")
        RUNNERS[name]()
    except (DeployError, psycopg2.OperationalError) as error:
        print(f"estrade: {error}", file=sys.stderr, flush=True)
        return 1
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
