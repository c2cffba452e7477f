"""`make run`: the whole of Estrade on this machine, until Ctrl-C.

    python -m deploy.launch

Settings come from the environment (docs/running.md lists them); everything it makes lies in var/.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from deploy.environment import OFF, keep_demo
from deploy.errors import DeployError
from deploy.layout import REPO
from deploy.stack import Stack, answers

READY_WITHIN_S = 60.0
BANNER = """
  Estrade is on the air:  {public_url}/

  In OBS: Settings, Stream, Service "Custom..."
    Server      {ingest_url}
    Stream key  {stream_key}
  and watch at  {watch_url}

  Admin: {public_url}/admin/  (user and password: {demo_file})
  Ctrl-C stops everything.
"""


class Interrupted(Exception):
    """Somebody asked us to stop."""


def say(text: str) -> None:
    print(f"  {text}", flush=True)


def interrupt(number: int, frame: FrameType | None) -> None:
    # A second Ctrl-C must not cut the orderly stop short.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Interrupted


def wait_until(condition: Callable[[], bool], what: str, stack: Stack) -> None:
    """Wait for a condition; DeployError when it doesn't come true in time or supervisord is gone."""
    deadline = time.monotonic() + READY_WITHIN_S
    while not condition():
        if not stack.supervisor.is_alive or time.monotonic() > deadline:
            raise DeployError(f"{what} See {stack.layout.log}/ for why.")
        time.sleep(0.1)


def local(url: str, stack: Stack) -> str:
    """The same address, by way of loopback: the public one may not be reachable from here."""
    return url.replace(stack.values["PUBLIC_URL"].rstrip("/"), stack.local_url, 1)


def bring_up(stack: Stack) -> None:
    """From nothing to a page that answers, saying what is going on."""
    stack.prepare()
    stack.start()
    demo = keep_demo(stack.layout.var / "demo.json", stack.manage("first_run"))
    stack.wait_ready()
    if stack.values["DEMO"].lower() not in OFF:
        say("Starting the demo stream")
        stack.start_programs("demo")
        wait_until(lambda: answers(local(demo["playlist_url"], stack)), "The demo stream doesn't play.", stack)
    values = stack.values
    if values["PUBLIC_URL"].startswith("https:") and not (values["TLS_CERT"] or values.get("TRUSTED_PROXIES")):
        say("All visitors have your proxy's address and share its limits until TRUSTED_PROXIES names it.")
    facts = demo | {"public_url": stack.values["PUBLIC_URL"], "demo_file": str(stack.layout.var / "demo.json")}
    print(BANNER.format(**facts), flush=True)


def stand_by(stack: Stack) -> None:
    """Until somebody stops us, or supervisord is gone."""
    while stack.supervisor.is_alive:
        time.sleep(0.5)
    raise DeployError(f"supervisord is gone. See {stack.layout.log}/supervisord.log.")


def main() -> int:
    var = Path(os.environ.get("ESTRADE_VAR", REPO / "var"))
    stack = Stack(var, os.environ, say=say)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        bring_up(stack)
        stand_by(stack)
    except Interrupted:
        print("\n  Stopping", flush=True)
        return 0
    except DeployError as error:
        print(f"estrade: {error}", file=sys.stderr, flush=True)
        return 1
    finally:
        stack.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
