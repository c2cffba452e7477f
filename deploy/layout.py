"""Where one instance keeps its things: var/, and a run directory with short paths for its sockets."""

import os
import pwd
import re
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from deploy.errors import DeployError

REPO = Path(__file__).resolve().parent.parent
# A socket's address holds 107 characters, and the longest name below run/ takes some thirty. PgBouncer's
# configuration has no way to write all letters.
PLAIN_PATH = re.compile(r"[\w./+-]{1,70}", re.ASCII)
UNPRIVILEGED_USER = "postgres"


@cache
def service_user() -> pwd.struct_passwd | None:
    """Who PostgreSQL and PgBouncer run as when we are root, which they refuse to be; None when we are not."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(UNPRIVILEGED_USER)
    except KeyError:
        raise DeployError(f"There is no user {UNPRIVILEGED_USER}; the package postgresql brings it.") from None


def can_reach(directory: Path) -> bool:
    """Whether the user of the databases may enter `directory`."""
    user = service_user()
    if user is None:
        return True
    probe = ["test", "-x", str(directory)]
    ids = {"user": user.pw_uid, "group": user.pw_gid}
    return subprocess.run(probe, extra_groups=[], check=False, **ids).returncode == 0  # type: ignore[call-overload,no-any-return]


@dataclass(frozen=True)
class Layout:
    """The directories of one instance."""

    var: Path
    run: Path

    @property
    def log(self) -> Path:
        return self.var / "log"

    @property
    def conf(self) -> Path:
        return self.var / "conf"

    @property
    def media(self) -> Path:
        return self.var / "media"

    @property
    def static(self) -> Path:
        return self.var / "static"

    @property
    def postgres(self) -> Path:
        return self.var / "postgres"

    @property
    def database_run(self) -> Path:
        """Sockets and configuration of the databases, which may run as another user."""
        return self.run / "db"


def lay_out(var: Path) -> Layout:
    """Make the directories below `var`, wherever that is."""
    var = var.resolve()
    for name in ("log", "conf/janus", "media/live", "static", "redis", "beat", "uploads", "acme"):
        (var / name).mkdir(parents=True, exist_ok=True)
    # Letters hold links that open accounts.
    (var / "mail").mkdir(mode=0o700, exist_ok=True)
    run = var / "run"
    if not PLAIN_PATH.fullmatch(str(run)) or not can_reach(var):
        digest = sha256(str(var).encode()).hexdigest()[:8]
        run = Path(tempfile.gettempdir()) / f"estrade-{digest}"
    layout = Layout(var, run)
    _make_run_dir(layout)
    return layout


def _make_run_dir(layout: Layout) -> None:
    layout.run.mkdir(mode=0o700, exist_ok=True)
    found = layout.run.lstat()
    # Below /tmp somebody else might have been first.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise DeployError(f"{layout.run} is not a directory of ours. Remove it and start again.")
    layout.database_run.mkdir(mode=0o700, exist_ok=True)
    user = service_user()
    if user is None:
        layout.run.chmod(0o700)
    else:
        os.chown(layout.run, 0, user.pw_gid)
        layout.run.chmod(0o710)
        os.chown(layout.database_run, user.pw_uid, user.pw_gid)
