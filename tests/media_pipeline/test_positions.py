"""Positions against a Redis that comes and goes."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from media_pipeline.positions import CHANNEL, Position, PositionPublisher, parse_position


class Server:
    """A Redis of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "r.sock"
        self.client = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=1)

    def start(self) -> None:
        options = ["--port", "0", "--unixsocket", str(self.socket), "--save", ""]
        self.process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            try:
                self.client.ping()
                return
            except redis.ConnectionError:
                time.sleep(0.02)
        raise AssertionError("redis does not start")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("r"))
    server.start()
    yield server
    server.kill()


def wait_for(server: Server, key: str, text: str) -> None:
    deadline = time.monotonic() + 5
    while server.client.get(f"hls:{key}") != text.encode():
        assert time.monotonic() < deadline, server.client.get(f"hls:{key}")
        time.sleep(0.01)


def test_positions_are_kept_and_told(server: Server) -> None:
    listener = server.client.pubsub()  # type: ignore[no-untyped-call]
    listener.subscribe(CHANNEL)
    publisher = PositionPublisher(server.client)
    position = Position("abc/source", 7, 3, 1)

    publisher.publish(position)

    wait_for(server, "abc/source", "abc/source 7 3 1 0 0")
    messages = (listener.get_message(timeout=1) for _ in range(5))
    assert "abc/source 7 3 1 0 0" in [m["data"].decode() for m in messages if m and m["type"] == "message"]
    publisher.close()


def test_the_newest_is_sent_when_redis_is_back(server: Server) -> None:
    publisher = PositionPublisher(server.client)
    server.kill()
    started = time.monotonic()
    for part in range(100):
        publisher.publish(Position("abc/source", 7, 3, part))
    assert time.monotonic() - started < 1

    server.start()

    wait_for(server, "abc/source", "abc/source 7 3 99 0 0")
    publisher.close()


@pytest.mark.parametrize("text", ["", "a 1 2 3 0", "a x 2 3 0 0"])
def test_other_text_is_no_position(text: str) -> None:
    with pytest.raises(ValueError):
        parse_position(text)
