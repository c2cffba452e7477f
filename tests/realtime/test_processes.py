"""Several web processes, and Redis away: daphnes and a Redis of the test's own."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings

from accounts.models import User
from realtime import broker, census, presence, publish
from realtime.hub import CROWDED
from realtime.publishing import encode_event
from realtime.wire import MAX_BEHIND
from streaming.models import Broadcast
from tests.realtime.conftest import OpenPage, StartWeb
from tests.realtime.web import Page, log_in, wait_for


def follow(page: Page, broadcast: Broadcast) -> Page:
    reply = page.follow(f"broadcast.{broadcast.pk}")
    assert "error" not in reply, reply
    return page


def test_events_and_figures_span_processes(page: OpenPage, own_web: StartWeb, broadcast: Broadcast) -> None:
    topic = f"broadcast.{broadcast.pk}"
    one, other = follow(page(), broadcast), follow(own_web().page(), broadcast)

    publish(topic, {"type": "heard"})

    assert one.read("heard") == other.read("heard") == {"type": "heard", "topic": topic}
    wait_for("both count both", lambda: one.read("presence")["count"] == 2)
    wait_for("both count both", lambda: other.read("presence")["count"] == 2)
    assert presence.count(topic) == 2
    assert presence.count_each([topic, "broadcast.none"]) == {topic: 2, "broadcast.none": 0}

    other.close()
    wait_for("the other is gone", lambda: one.read("presence")["count"] == 1)


def test_who_is_there_is_known_across_processes(
    page: OpenPage, own_web: StartWeb, broadcast: Broadcast, bob: User, dave: User
) -> None:
    topic, web = f"channel.{broadcast.channel.name}", own_web()
    pages = [page(Cookie=log_in(bob)), page(Cookie=log_in(bob)), web.page(Cookie=log_in(dave)), page()]
    for one in pages:
        one.follow(topic)
    wait_for("both are known", lambda: presence.people([topic, "channel.none"]) == {bob.pk, dave.pk})

    # What Redis lost is said anew; who has another page is there still.
    broker.client().flushdb()
    pages[0].close()
    wait_for("both are known again", lambda: presence.people([topic]) == {bob.pk, dave.pk})
    web.stop()
    pages[1].close()
    wait_for("nobody is there", lambda: presence.people([topic]) == set())


def test_figures_of_a_dead_process_lapse(
    page: OpenPage, own_web: StartWeb, broadcast: Broadcast, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The patience of this process, which survives; the house's is ten seconds.
    monkeypatch.setattr(census, "LAPSE_S", 4)
    web = own_web()
    other, one = follow(web.page(), broadcast), follow(page(), broadcast)
    wait_for("both are counted", lambda: one.read("presence")["count"] == 2)

    web.process.kill()

    assert other.await_close() == 1006
    assert one.read("presence", within_s=census.LAPSE_S + 5)["count"] == 1


def test_bounds_span_processes(own_web: StartWeb, broadcast: Broadcast) -> None:
    webs = [own_web(SOCKETS_PER_ADDRESS="2") for _ in range(2)]
    pages = [web.page() for web in webs]
    for page in pages:
        page.ask("ping")

    refused = webs[0].page()

    assert refused.await_close() == CROWDED
    for one in (*pages, refused):
        one.close()


def test_a_web_that_stops_says_goodbye_and_is_not_counted(
    page: OpenPage, own_web: StartWeb, broadcast: Broadcast
) -> None:
    web = own_web()
    other, one = follow(web.page(), broadcast), follow(page(), broadcast)
    wait_for("both are counted", lambda: one.read("presence")["count"] == 2)

    web.stop()

    assert other.await_close() in (4012, 1006)
    assert one.read("presence", within_s=4)["count"] == 1
    assert "Traceback" not in web.log.read_text()


def test_who_does_not_read_is_dropped_and_the_others_go_on(page: OpenPage, broadcast: Broadcast) -> None:
    slow, quick = page(), follow(page(), broadcast)
    slow.connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    follow(slow, broadcast)
    # What the kernel holds for a reader comes on top.
    text, enough, burst = "x" * 10_000, (MAX_BEHIND + 64 * 1024 + 8 * 1024 * 1024) // 10_000, 50

    for start in range(0, enough, burst):
        for number in range(start, start + burst):
            publish(f"broadcast.{broadcast.pk}", {"type": "line", "number": number, "text": text})
        assert [quick.read("line")["number"] for _ in range(burst)] == list(range(start, start + burst))

    wait_for("one is left", lambda: presence.count(f"broadcast.{broadcast.pk}") == 1)
    assert slow.await_close() == 1006


class OwnRedis:
    """A Redis that a test may kill."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.url = f"unix://{directory / 'redis.sock'}?db=0"
        self.start()

    def start(self) -> None:
        command = ["redis-server", "--port", "0", "--unixsocket", str(self.directory / "redis.sock"), "--save", ""]
        self.process = subprocess.Popen([*command, "--dir", str(self.directory)], stdout=subprocess.DEVNULL)
        wait_for("Redis answers", self._answers)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.ConnectionError:
            return False

    @property
    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path_factory.mktemp("r"))
    yield server
    server.process.send_signal(signal.SIGCONT)
    server.kill()


def test_pages_hear_of_a_redis_that_goes_and_comes_back(
    own_web: StartWeb, own_redis: OwnRedis, broadcast: Broadcast
) -> None:
    web = own_web(REDIS_URL=own_redis.url)
    page, topic = follow(web.page(), broadcast), f"broadcast.{broadcast.pk}"

    own_redis.kill()
    page.read("away")
    assert page.ask("ping")["result"] is None
    newcomer = web.page()
    assert newcomer.follow(topic)["error"]["code"] == "away"

    own_redis.start()
    page.read("resync")
    newcomer.read("resync")
    follow(page, broadcast)
    page.read("broadcast")
    own_redis.client.publish(f"realtime:0:{topic}", encode_event(topic, {"type": "heard"}))
    page.read("heard")
    wait_for("it is counted again", lambda: page.read("presence")["count"] == 1)
    page.close()
    newcomer.close()


def test_a_redis_that_hangs_is_noticed(own_web: StartWeb, own_redis: OwnRedis, broadcast: Broadcast) -> None:
    page = follow(own_web(REDIS_URL=own_redis.url).page(), broadcast)

    own_redis.process.send_signal(signal.SIGSTOP)
    page.read("away", within_s=12)
    own_redis.process.send_signal(signal.SIGCONT)
    page.read("resync", within_s=12)
    follow(page, broadcast)
    topic = f"broadcast.{broadcast.pk}"
    own_redis.client.publish(f"realtime:0:{topic}", encode_event(topic, {"type": "heard"}))
    assert page.read("heard") == {"type": "heard", "topic": topic}
    page.close()


def test_publishing_does_not_fail_while_redis_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    from realtime import broker

    nowhere = settings.ENV.model_copy(update={"redis_url": "unix:///nonexistent/redis.sock?db=0"})
    broker.client.cache_clear()
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(settings, "ENV", nowhere)
        began = time.monotonic()
        publish("broadcast.1", {"type": "unheard"})
        assert presence.count("broadcast.1") is None
        assert time.monotonic() - began < 4
    broker.client.cache_clear()
