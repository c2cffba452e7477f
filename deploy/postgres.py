"""A PostgreSQL cluster of the instance's own: made, found again, given its role and database."""

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection

from deploy.errors import DeployError
from deploy.layout import can_reach, service_user

SUPERUSER = "postgres"
SERVERS = Path("/usr/lib/postgresql")
SERVER_WITHIN_S = 60.0
REMOTE_RULE = "host all all all scram-sha-256\n"


def find_server(data: Path) -> Path:
    """The directory of PostgreSQL's programs that suits `data`: its own version, or the newest for a new one."""
    version = data / "PG_VERSION"
    if version.exists():
        wanted = version.read_text().strip()
        found = SERVERS / wanted / "bin"
        if not (found / "postgres").exists():
            raise DeployError(f"{data} was made by PostgreSQL {wanted}: install postgresql-{wanted}, or upgrade it.")
        return found
    servers = sorted(SERVERS.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not servers:
        raise DeployError(f"There is no PostgreSQL below {SERVERS}.")
    return servers[-1].parent


def ensure_cluster(data: Path, password: str, say: Callable[[str], None]) -> None:
    """Make the cluster unless it is there; interrupted attempts leave nothing that looks like one."""
    if (data / "PG_VERSION").exists():
        forget_dead_postmaster(data)
        return
    if data.is_symlink():
        raise DeployError(f"{data} leads to {data.readlink()}, and there is no cluster. Remove {data} to start anew.")
    say("Making a database cluster")
    home = _find_home(data)
    draft = home.with_name(f"{home.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    _initdb(draft, password)
    draft.rename(home)
    if home != data:
        data.symlink_to(home)
        say(f"The database is kept in {home}: the user {SUPERUSER} can't enter {data.parent}.")


def _find_home(data: Path) -> Path:
    user = service_user()
    if user is None or can_reach(data.parent):
        return data
    return Path(user.pw_dir) / f"estrade-{secrets.token_hex(4)}"


def _initdb(target: Path, password: str) -> None:
    user = service_user()
    ids = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    target.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w") as password_file:
        password_file.write(password)
        password_file.flush()
        if user:
            os.chown(target, user.pw_uid, user.pw_gid)
            os.chown(password_file.name, user.pw_uid, user.pw_gid)
        command = [str(find_server(target) / "initdb"), "-D", str(target), "-U", SUPERUSER, "-E", "UTF8"]
        command += ["--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={password_file.name}"]
        made = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **ids)  # type: ignore[call-overload]
    if made.returncode:
        raise DeployError(f"initdb failed:\n{made.stderr}")


def forget_dead_postmaster(data: Path) -> None:
    """Remove the pid file that a power cut left: its number may now be another program's."""
    pid_file = data / "postmaster.pid"
    try:
        pid = pid_file.read_text().split("\n", 1)[0].strip()
        owner = Path(f"/proc/{pid}/cwd").resolve()
    except OSError:
        owner = None
    if owner != data.resolve():
        pid_file.unlink(missing_ok=True)


def connect(host: Path | str, user: str, password: str, database: str) -> connection:
    """A direct connection that commits each statement."""
    opened = psycopg2.connect(host=str(host), port=5432, user=user, password=password, dbname=database)
    opened.autocommit = True
    return opened


def wait_for_server(host: Path | str, password: str, user: str = SUPERUSER, database: str = "postgres") -> connection:
    """A connection, the superuser's by default, as soon as the server takes it; psycopg2.OperationalError if not."""
    deadline = time.monotonic() + SERVER_WITHIN_S
    while True:
        try:
            return connect(host, user, password, database)
        except psycopg2.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def let_in_by_password(data: Path) -> None:
    """Have the server take connections from other hosts; it must be told to listen for them as well."""
    rules = data / "pg_hba.conf"
    known = rules.read_text()
    if REMOTE_RULE not in known:
        rules.write_text(known + REMOTE_RULE)


def ensure_database(server: connection, name: str, user: str, password: str) -> None:
    """The application's role, with the password it has now, and a database that it owns."""
    role, database = sql.Identifier(user), sql.Identifier(name)
    with server.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [user])
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(role))
        cursor.execute(sql.SQL("ALTER ROLE {} PASSWORD %s").format(role), [password])
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
