"""What viewers see when Redis or a part of nginx goes away."""

from __future__ import annotations

import os
import signal

import pytest

from .publishing import LivePlaylist
from .running import Edge, wait_for


@pytest.fixture
def live(own_edge: Edge) -> LivePlaylist:
    """A rendition at 10.3 on an edge that may be broken."""
    own_edge.start_redis()
    own_edge.start_nginx()
    own_edge.wait_until_following()
    playlist = LivePlaylist(own_edge)
    playlist.publish(10, 3)
    playlist.wait_until_known(10, 3)
    return playlist


def part(live: LivePlaylist, msn: int, part: int) -> str:
    """The address of a playlist that has this part."""
    return f"{live.url()}?_HLS_msn={msn}&_HLS_part={part}"


def test_redis_dies_while_viewers_wait(live: LivePlaylist) -> None:
    held = live.edge.hold(part(live, 10, 4), count=20)

    live.edge.kill_redis()
    live.write(10, 4)

    assert {(future.result().status, live.shows(future.result())) for future in held} == {(200, (10, 4))}


def test_without_redis_everything_is_served_unhurriedly(live: LivePlaylist) -> None:
    live.edge.kill_redis()
    wait_for("the outage is noticed", lambda: "until Redis is back" in live.edge.log)

    ahead = live.edge.get(part(live, 10, 4))

    assert (ahead.status, live.shows(ahead)) == (200, (10, 3))
    assert 0.3 < ahead.took_s < 1
    assert live.edge.get(live.url()).took_s < 0.3
    assert live.edge.get(live.url("7-10.3.m4s")).status == 200
    assert live.edge.get(live.url("7-10.4.m4s")).status == 404


def test_redis_comes_back_without_its_memory(live: LivePlaylist) -> None:
    live.edge.kill_redis()
    live.edge.start_redis()
    live.edge.wait_until_following()
    forgetful = LivePlaylist(live.edge, live.media_path, epoch=1)
    forgetful.publish(11, 0)
    forgetful.wait_until_known(11, 0)

    (held,) = live.edge.hold(part(live, 11, 1))
    forgetful.publish(11, 1)

    assert forgetful.shows(held.result()) == (11, 1)


def test_position_published_while_nobody_listened(live: LivePlaylist) -> None:
    live.edge.kill_redis()
    live.edge.start_redis()
    live.publish(12, 0)
    live.edge.wait_until_following()

    reply = live.edge.get(part(live, 12, 0))
    assert (reply.status, live.shows(reply)) == (200, (12, 0))


def test_frozen_redis_is_noticed(live: LivePlaylist) -> None:
    assert live.edge.redis_server
    os.kill(live.edge.redis_server.pid, signal.SIGSTOP)

    wait_for("the outage is noticed", lambda: "until Redis is back" in live.edge.log)
    assert live.edge.get(part(live, 10, 4)).status == 200

    os.kill(live.edge.redis_server.pid, signal.SIGCONT)
    live.edge.wait_until_following()
    (held,) = live.edge.hold(part(live, 10, 4))
    live.publish(10, 4)
    assert live.shows(held.result()) == (10, 4)


def test_edge_starts_before_redis(own_edge: Edge) -> None:
    own_edge.start_nginx()
    playlist = LivePlaylist(own_edge)
    playlist.write(10, 3)
    assert own_edge.get(playlist.url()).status == 200

    own_edge.start_redis()
    own_edge.wait_until_following()
    playlist.publish(10, 4)
    playlist.wait_until_known(10, 4)
    (held,) = own_edge.hold(part(playlist, 10, 5))
    playlist.publish(10, 5)

    assert playlist.shows(held.result()) == (10, 5)


def test_reload_strands_nobody(live: LivePlaylist) -> None:
    edge = live.edge
    assert edge.nginx
    old_workers = set(edge.workers())
    before = edge.hold(part(live, 10, 4), count=20)

    edge.nginx.send_signal(signal.SIGHUP)
    wait_for("new workers follow beside the old", lambda: edge.follows() == 2 * len(old_workers))
    after = [edge.ask(part(live, 10, 4)) for _ in range(20)]
    live.publish(10, 4)

    assert {(future.result().status, live.shows(future.result())) for future in before + after} == {(200, (10, 4))}
    wait_for("the old workers leave", lambda: not old_workers & set(edge.workers()), 10)


def test_killed_worker_is_replaced(live: LivePlaylist) -> None:
    edge = live.edge
    victim = edge.workers()[0]

    os.kill(victim, signal.SIGKILL)
    wait_for(
        "another worker follows",
        lambda: victim not in edge.workers() and edge.follows() >= len(edge.workers()),
    )
    held = edge.hold(part(live, 10, 4), count=20)
    live.publish(10, 4)

    assert {future.result().status for future in held} == {200}
