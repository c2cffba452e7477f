"""Players that say that they watch."""

from __future__ import annotations

from typing import cast

import pytest

from .publishing import LivePlaylist
from .running import Reply, wait_for

PLAYER = "0123456789abcdef"


def tell(live: LivePlaylist, query: str) -> Reply:
    address = live.master_url().replace("master.m3u8", "watching")
    return live.edge.get(f"{address}?{query}", method="POST")


def watching(live: LivePlaylist) -> list[bytes]:
    found: list[bytes] = live.edge.redis.zrange(f"watching:{live.media_path}", 0, -1)  # type: ignore[assignment]
    return found


def delays(live: LivePlaylist) -> dict[str, float]:
    found = live.edge.redis.zrange(f"latency:{live.media_path}", 0, -1, withscores=True)
    return {player.decode(): score for player, score in cast(list[tuple[bytes, float]], found)}


def test_players_are_counted_once_with_their_delay(live: LivePlaylist) -> None:
    assert tell(live, "player=ffffffffffffffff&latency=0").status == 204
    for latency in (1500, 1700):
        assert tell(live, f"player={PLAYER}&latency={latency}").status == 204
        wait_for("the delay is kept", lambda latency=latency: delays(live) == {PLAYER: latency})  # type: ignore[misc]

    wait_for("both are counted", lambda: len(watching(live)) == 2)
    assert 0 < int(str(live.edge.redis.ttl(f"watching:{live.media_path}"))) <= 120


@pytest.mark.parametrize(
    "query", ["", "player=x", f"player={PLAYER}0", "player=..%2f..%2f..%2fx", "player=0123456789ABCDEg"]
)
def test_what_is_no_player_is_refused(live: LivePlaylist, query: str) -> None:
    assert tell(live, query).status == 400


def test_odd_delays_are_none(live: LivePlaylist) -> None:
    odd = ["-5", "nan", "1e9", "x", "99999999999"]
    for number, latency in enumerate(odd):
        assert tell(live, f"player={number:016x}&latency={latency}").status == 204

    wait_for("all are counted", lambda: len(watching(live)) == len(odd))
    assert all(0 < delay <= 600_000 for delay in delays(live).values())


def test_only_those_who_may_watch_are_counted(live: LivePlaylist) -> None:
    address = live.url(secret="wrong").partition(live.media_path)[0]

    assert live.edge.get(f"{address}{live.media_path}/watching?player={PLAYER}", method="POST").status == 403


def test_nobody_is_a_crowd(live: LivePlaylist) -> None:
    """One address can't make up hundreds of viewers at once."""
    asked = [
        live.edge.ask(f"{live.master_url().replace('master.m3u8', 'watching')}?player={n:016x}", method="POST")
        for n in range(150)
    ]
    statuses = [future.result().status for future in asked]

    assert statuses.count(429) > 30
    assert statuses.count(204) >= 40
