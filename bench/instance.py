"""An Estrade of the benches' own: the whole process table in a directory and on ports of its own."""

import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from typing import cast
from urllib.request import urlopen

import redis
from django.conf import settings

from bench.edge_house import free_port
from deploy.errors import DeployError
from deploy.stack import Stack

_SESSIONS = """
import json
from streaming.models import IngestSession
sessions = IngestSession.objects.filter(broadcast__channel__name__in={names!r}).order_by("started_at")
fields = sessions.values_list("broadcast__channel__name", "name", "started_at")
print(json.dumps([[channel, name, at.timestamp()] for channel, name, at in fields]))
"""


def note(text: str) -> None:
    """Progress, beside the one line of result."""
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Session:
    """A connection of an encoder; `admitted_at` is when its hook was asked, in seconds since 1970."""

    channel: str
    name: str
    admitted_at: float


@dataclass(frozen=True)
class Playable:
    """When a broadcast's first part was announced, and when its multivariant playlist was there too."""

    media_path: str
    part_at: float
    playlist_at: float


@dataclass(frozen=True)
class Channel:
    """What an encoder and a viewer need."""

    name: str
    target: str
    watch_url: str


class Instance:
    """A running instance, as benches use it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def await_ready(self, within_s: float = 180.0) -> None:
        """Wait until pages are served and packagers take work; raises TimeoutError."""
        deadline = time.monotonic() + within_s
        while not (self._is_served() and " ready." in self.stack.log_tail("packager", 200)):
            if time.monotonic() > deadline:
                raise TimeoutError("Estrade did not come up")
            time.sleep(0.1)

    def _is_served(self) -> bool:
        try:
            with urlopen(self.stack.values["PUBLIC_URL"], timeout=5) as answer:
                return bool(answer.status == HTTPStatus.OK)
        except OSError:
            return False

    def open_channel(self, name: str) -> Channel:
        facts = json.loads(self.stack.manage("channel", name, "--json"))
        target = f"rtmp://127.0.0.1:{self.stack.values['RTMP_PORT']}/live/{facts['stream_key']}"
        return Channel(name, target, facts["watch_url"])

    def sessions(self, *channels: str) -> list[Session]:
        """Encoders' connections to these channels, in order."""
        output = self.stack.manage("shell", "-v", "0", "-c", _SESSIONS.format(names=channels))
        return [Session(*fields) for fields in json.loads(output)]

    @contextmanager
    def positions(self) -> Iterator["Positions"]:
        """Listen to what packagers announce from now on."""
        client = redis.Redis.from_url(self.stack.values["REDIS_URL"], decode_responses=True)
        with redis.client.PubSub(client.connection_pool, ignore_subscribe_messages=True) as channel:
            channel.subscribe("hls")
            channel.get_message(timeout=1)
            yield Positions(channel, self.stack.layout.media / "live")
        client.close()


class Positions:
    """What packagers announce, and the files on disk behind it."""

    def __init__(self, channel: redis.client.PubSub, live: Path) -> None:
        self._channel, self._live = channel, live

    def await_playable(self, within_s: float = 30.0) -> Playable:
        """Wait for a new broadcast's first part and playlist; raises TimeoutError."""
        known = {path.name for path in self._live.iterdir()}
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            message = self._channel.get_message(timeout=0.1)
            at = time.time()
            media_path, _, rest = cast(str, message["data"]).partition("/") if message else ("", "", "")
            if rest.startswith("source ") and media_path not in known:
                return Playable(media_path, at, self._await_file(media_path, deadline))
        raise TimeoutError("no part was announced")

    def _await_file(self, media_path: str, deadline: float) -> float:
        while not (self._live / media_path / "master.m3u8.gz").exists():
            if time.monotonic() > deadline:
                raise TimeoutError("no multivariant playlist was written")
            time.sleep(0.002)
        return time.time()


def read_settings(pairs: Sequence[str]) -> Mapping[str, str]:
    """NAME=VALUE arguments as settings of the instance."""
    return dict(pair.split("=", 1) for pair in pairs)


def _leave(number: int, frame: FrameType | None) -> None:
    """A bench that is told to end stops what it started."""
    sys.exit(128 + number)


@contextmanager
def running_instance(given: Mapping[str, str]) -> Iterator[Instance]:
    """The whole process table without the demo; stopped and removed afterwards."""
    signal.signal(signal.SIGTERM, _leave)
    directory = Path(tempfile.mkdtemp(prefix="estrade-bench-"))
    # When we are root PostgreSQL runs as somebody else, who has to get in.
    directory.chmod(0o711)
    if not settings.configured:
        settings.configure(USE_I18N=False)
    made = {"PORT": str(free_port()), "RTMP_PORT": str(free_port()), "DEMO": "0"}
    stack = Stack(directory / "var", {**made, **given}, say=note)
    try:
        stack.prepare()
        try:
            stack.start()
            instance = Instance(stack)
            instance.await_ready()
            yield instance
        finally:
            stack.stop()
    except DeployError as error:
        raise SystemExit(str(error)) from error
    finally:
        shutil.rmtree(directory)
