"""Start one program of the process table; called by supervisord, standard library alone.

A program that was killed with -9 may leave children that hold its port or its pipes. They are ended here,
before the next incarnation takes its place, and stale sockets are removed.
"""

import argparse
import ctypes
import os
import pwd
import secrets
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Member:
    """A live process, as /proc shows it."""

    pid: int
    group: int
    started: int
    cwd: str


def read_member(pid: int) -> Member | None:
    """The process with that id, or None if it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        cwd = str(Path(f"/proc/{pid}/cwd").readlink())
    except (OSError, IndexError):
        return None
    return None if fields[0] in "ZX" else Member(pid, int(fields[2]), int(fields[19]), cwd)


def find_leftovers(record: Path) -> list[Member]:
    """What lives of the process group that `record` names.

    A process id that was used again must not be mistaken for ours: the boot has to be the same, a live leader
    must have started when ours did, and orphans of a dead one must run in our directory.
    """
    try:
        boot, group, started, cwd = record.read_text().split("\n")
    except (OSError, ValueError):
        return []
    if boot != BOOT_ID.read_text().strip():
        return []
    everyone = (read_member(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    members = [one for one in everyone if one and one.group == int(group) and one.pid != os.getpid()]
    leader = next((one for one in members if one.pid == int(group)), None)
    if leader is not None:
        return members if leader.started == int(started) else []
    return [one for one in members if one.cwd == cwd]


def end_leftovers(record: Path, within_s: float = 5.0) -> int:
    """Kill what an earlier incarnation left behind; returns how many processes that were."""
    killed: set[int] = set()
    deadline = time.monotonic() + within_s
    while (members := find_leftovers(record)) and time.monotonic() < deadline:
        for member in members:
            killed.add(member.pid)
            try:
                os.kill(member.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.01)
    return len(killed)


def write_record(record: Path) -> None:
    """Remember this process, the leader of its group, for `find_leftovers`."""
    me = read_member(os.getpid())
    assert me is not None
    record.write_text(f"{BOOT_ID.read_text().strip()}\n{me.group}\n{me.started}\n{me.cwd}")


def become_user(name: str) -> None:
    """Give up root for good."""
    user = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.environ.update(HOME=user.pw_dir, USER=name, LOGNAME=name)


def die_with_parent(stop_signal: signal.Signals) -> None:
    """Have the kernel stop this program if supervisord itself is killed."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, stop_signal, 0, 0, 0)


def parse() -> argparse.Namespace:
    """The command line that deploy/supervisord.conf writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("command", nargs="+")
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--user", default="", help="become this user")
    parser.add_argument("--stop-signal", type=signal.Signals.__getitem__, default=signal.SIGTERM)
    parser.add_argument("--remove", type=Path, action="append", default=[], help="a stale socket")
    parser.add_argument("--boot-file", type=Path, help="gets `set $estrade_boot <random>;` for nginx")
    return parser.parse_args()


def main() -> None:
    """Clear the way, then become the program."""
    options = parse()
    if os.getpgrp() != os.getpid():
        os.setpgrp()
    record = options.run_dir / f"{options.name}.pgid"
    if killed := end_leftovers(record):
        print(f"ended {killed} processes that an earlier {options.name} left behind", file=sys.stderr)
    write_record(record)
    for stale in options.remove:
        stale.unlink(missing_ok=True)
    if options.boot_file:
        options.boot_file.write_text(f"set $estrade_boot {secrets.token_hex(8)};\n")
    if options.user:
        become_user(options.user)
    die_with_parent(options.stop_signal)
    os.execvp(options.command[0], options.command)


if __name__ == "__main__":
    main()
