"""`make test`: both lanes, each against services of its own below var/.

    .venv/bin/python tests/run.py [unit|e2e] [pytest's own arguments]

Lane `unit` runs on both cores against PostgreSQL and Redis. Lane `e2e` runs one test at a time against the whole
stack, started once; full tables are marked `soak` and run with `-m soak` alone.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from deploy.environment import find_free_port  # noqa: E402
from deploy.stack import Stack  # noqa: E402

# A test database may lose its last second in a power cut.
CARELESS = ("--fsync=off", "--synchronous_commit=off", "--full_page_writes=off")
LANES = ("unit", "e2e")
LIMITS_S = {"unit": 6 * 60, "e2e": 16 * 60}


def make_stack(lane: str) -> Stack:
    """The services of a lane, on ports that are free now."""
    settings = {
        "DEMO": "0",
        "PORT": str(find_free_port()),
        "RTMP_PORT": str(find_free_port()),
        "BROKER_VISIBILITY_S": "40",
    }
    var = ROOT / "var" / f"test-{lane}"
    if lane == "unit":
        return Stack(var, settings, names=("postgres", "redis"), server_flags=CARELESS)
    # Media stay on loopback, which Janus otherwise leaves out.
    settings |= {"RTC_ADDRESS": "127.0.0.1", "SFU_PRELOAD": str(build_loopback(var))}
    return Stack(var, settings, server_flags=CARELESS)


def build_loopback(var: Path) -> Path:
    """The library that shows loopback to Janus as an interface like others."""
    var.mkdir(parents=True, exist_ok=True)
    library, source = var / "loopback.so", ROOT / "tests" / "loopback.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


def pytest_command(lane: str, arguments: Sequence[str]) -> list[str]:
    command = [sys.executable, "-m", "pytest", "-q", "--durations=12"]
    chosen = any(not argument.startswith("-") and Path(argument.split("::")[0]).exists() for argument in arguments)
    marks = [] if "-m" in arguments else ["-m", "not soak"]
    if lane == "unit":
        command += ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "--ignore=tests/e2e"]
        return [*command, *marks, *([] if chosen else ["tests"]), *arguments]
    return [*command, "-p", "no:xdist", *marks, *([] if chosen else ["tests/e2e"]), *arguments]


def run_lane(lane: str, arguments: Sequence[str]) -> int:
    """Start the lane's services, run its tests, say how long it took."""
    started = time.monotonic()
    stack = make_stack(lane)
    try:
        stack.prepare()
        stack.start()
        if lane == "e2e":
            stack.wait_ready()
        environment = os.environ | {"ESTRADE_VAR": str(stack.layout.var), "PYTHONPATH": str(ROOT)}
        if lane == "unit":
            environment |= {"DB_HOST": stack.values["DB_DIRECT_HOST"], "DB_PORT": stack.values["DB_DIRECT_PORT"]}
            # Once; workers copy it.
            migrate = [sys.executable, "-W", "ignore", "manage.py", "migrate", "--verbosity", "0"]
            subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
        status = subprocess.run(pytest_command(lane, arguments), cwd=ROOT, env=environment, check=False).returncode
    finally:
        stack.stop()
    took = time.monotonic() - started
    print(f"Lane {lane}: {took:.0f} s (at most {LIMITS_S[lane]} s)", flush=True)
    return status


def stop(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


def main() -> int:
    signal.signal(signal.SIGTERM, stop)
    lanes = [argument for argument in sys.argv[1:2] if argument in LANES]
    arguments = sys.argv[1 + len(lanes) :]
    statuses = [run_lane(lane, arguments) for lane in lanes or LANES]
    return next((status for status in statuses if status), 0)


if __name__ == "__main__":
    sys.exit(main())
