"""deploy/start.py: what an earlier incarnation left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.layout import REPO
from deploy.start import end_leftovers, read_member, write_record

START = [sys.executable, "-I", "-S", str(REPO / "deploy" / "start.py")]
# The leader prints the id of a child of its group, which outlives it.
LEADER = 'sleep 300 </dev/null >/dev/null 2>&1 & echo $!; trap "" TERM; wait'


def start(run: Path, *command: str) -> subprocess.Popen[str]:
    line = [*START, "--run-dir", str(run), "--stop-signal", "SIGKILL", "sleeper", "--", *command]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def child_of(leader: subprocess.Popen[str]) -> int:
    assert leader.stdout is not None
    return int(leader.stdout.readline())


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A program killed with -9, and the child that it left."""
    leader = start(tmp_path, "bash", "-c", LEADER)
    child = child_of(leader)
    leader.kill()
    leader.wait()
    yield leader, child
    if read_member(child):
        os.kill(child, signal.SIGKILL)


def test_the_next_incarnation_ends_what_the_killed_one_left(
    killed: tuple[subprocess.Popen[str], int], tmp_path: Path
) -> None:
    assert read_member(killed[1])

    output, complaints = start(tmp_path, "echo", "started").communicate(timeout=10)

    assert read_member(killed[1]) is None
    assert output == "started\n"
    assert "ended 1 processes that an earlier sleeper left behind" in complaints


def test_a_group_of_another_boot_is_left_alone(killed: tuple[subprocess.Popen[str], int], tmp_path: Path) -> None:
    record = tmp_path / "sleeper.pgid"
    record.write_text("another-boot\n" + record.read_text().partition("\n")[2])

    assert end_leftovers(record) == 0
    assert read_member(killed[1])


def test_a_process_id_that_is_another_programs_now_is_left_alone(tmp_path: Path) -> None:
    record = tmp_path / "sleeper.pgid"
    stranger = subprocess.Popen(["sleep", "300"], start_new_session=True)
    try:
        write_record(record)
        boot, _, started, cwd = record.read_text().split("\n")
        record.write_text(f"{boot}\n{stranger.pid}\n{int(started) - 1}\n{cwd}")

        assert end_leftovers(record) == 0
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_stale_sockets_are_removed_and_ingest_gets_a_boot_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "old.sock").touch()
    boots = set()
    for _ in range(2):
        line = [*START, "--run-dir", str(tmp_path), "--remove", str(tmp_path / "old.sock")]
        line += ["--boot-file", str(tmp_path / "boot.conf"), "ingest", "--", "true"]
        subprocess.run(line, check=True, timeout=10)
        boots.add((tmp_path / "boot.conf").read_text())

    assert not (tmp_path / "old.sock").exists()
    assert len(boots) == 2


def test_a_program_dies_with_the_one_that_started_it(tmp_path: Path) -> None:
    command = [*START, "--run-dir", str(tmp_path), "sleeper", "--", "sleep", "300"]
    code = f"import subprocess; p = subprocess.Popen({command!r}); print(p.pid, flush=True); p.wait()"
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    program = int(parent.stdout.readline())
    deadline = time.monotonic() + 10
    while b"sleep\0" not in Path(f"/proc/{program}/cmdline").read_bytes()[:6]:
        assert time.monotonic() < deadline
        time.sleep(0.01)

    parent.kill()
    parent.wait()

    while read_member(program):
        assert time.monotonic() < deadline
        time.sleep(0.01)
