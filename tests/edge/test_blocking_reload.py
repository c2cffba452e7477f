"""Playlist requests that wait for a position: RFC 8216bis 6.2.5.2."""

from __future__ import annotations

import gzip

import pytest

from .publishing import LivePlaylist
from .running import Edge


def ask_for(live: LivePlaylist, msn: object, part: object = None, more: str = "") -> str:
    """The address of a playlist that has this position."""
    return f"{live.url()}?_HLS_msn={msn}" + ("" if part is None else f"&_HLS_part={part}") + more


def test_plain_reload_is_answered_at_once(live: LivePlaylist) -> None:
    reply = live.edge.get(live.url())

    assert (reply.status, live.shows(reply)) == (200, (10, 3))
    assert reply.headers["Content-Type"] == "application/vnd.apple.mpegurl"


@pytest.mark.parametrize(("msn", "part"), [(10, 3), (10, 0), (9, 99), (9, None), (0, 0)])
def test_known_position_gets_the_newest_playlist(live: LivePlaylist, msn: int, part: int | None) -> None:
    reply = live.edge.get(ask_for(live, msn, part))

    assert (reply.status, live.shows(reply)) == (200, (10, 3))


def test_next_part_is_held_until_it_is_there(live: LivePlaylist) -> None:
    held = live.edge.hold(ask_for(live, 10, 4), count=20)

    live.publish(10, 4)

    assert [(future.result().status, live.shows(future.result())) for future in held] == [(200, (10, 4))] * 20


def test_only_those_whose_part_is_there_are_let_go(live: LivePlaylist) -> None:
    (next_part,) = live.edge.hold(ask_for(live, 10, 4))
    (after_next,) = live.edge.hold(ask_for(live, 10, 5))

    live.publish(10, 4)
    assert live.shows(next_part.result()) == (10, 4)
    assert not after_next.done()

    live.publish(10, 5)
    assert live.shows(after_next.result()) == (10, 5)


def test_msn_alone_waits_for_the_whole_segment(live: LivePlaylist) -> None:
    (held,) = live.edge.hold(ask_for(live, 10))

    live.publish(10, 4)
    live.edge.hold(ask_for(live, 10, 5))
    assert not held.done()
    live.publish(10, 5, closed=True)

    assert live.shows(held.result()) == (10, 5)


def test_part_beyond_a_segment_that_ended_early_is_the_next_segments_first(live: LivePlaylist) -> None:
    (held,) = live.edge.hold(ask_for(live, 10, 5))

    live.publish(10, 4, closed=True)
    live.edge.hold(ask_for(live, 11, 0))
    assert not held.done()
    live.publish(11, 0)

    assert live.shows(held.result()) == (11, 0)


def test_part_of_the_segment_after_next_is_held(live: LivePlaylist) -> None:
    (held,) = live.edge.hold(ask_for(live, 12, 0))

    live.publish(12, 0)

    assert live.shows(held.result()) == (12, 0)


@pytest.mark.parametrize(
    ("msn", "part"),
    [
        (13, 0),
        (13, None),
        (10, 40),
        (11, 40),
        ("x", 0),
        ("-1", 0),
        ("1e3", 0),
        ("", 0),
        ("9" * 30, 0),
        (10, "x"),
        (10, ""),
        (10, "9" * 9),
    ],
)
def test_refuses_positions_that_make_no_sense(live: LivePlaylist, msn: object, part: object) -> None:
    reply = live.edge.get(ask_for(live, msn, part))

    assert reply.status == 400
    assert reply.headers["Access-Control-Allow-Origin"] == "*"


def test_refuses_a_part_without_its_segment(live: LivePlaylist) -> None:
    assert live.edge.get(f"{live.url()}?_HLS_part=4").status == 400


def test_end_of_the_broadcast_lets_everybody_go(live: LivePlaylist) -> None:
    held = live.edge.hold(ask_for(live, 10, 4), count=4) + live.edge.hold(ask_for(live, 12, 2), count=4)

    live.publish(10, 3, closed=True, ended=True)

    assert {future.result().status for future in held} == {200}
    assert live.edge.get(ask_for(live, 99, 9)).status == 200


def test_a_successor_may_begin_at_a_lower_msn(live: LivePlaylist) -> None:
    successor = LivePlaylist(live.edge, live.media_path, epoch=live.epoch + 1)
    successor.publish(4, 0)
    successor.wait_until_known(4, 0)
    (held,) = live.edge.hold(ask_for(live, 4, 1))

    successor.publish(4, 1)

    assert live.shows(held.result()) == (4, 1)


def test_a_replaced_packager_is_not_listened_to(live: LivePlaylist) -> None:
    successor = LivePlaylist(live.edge, live.media_path, epoch=live.epoch + 1)
    successor.publish(10, 4)
    (held,) = live.edge.hold(ask_for(live, 10, 5))

    live.announce(11, 0)
    live.edge.hold(ask_for(live, 11, 1))
    assert not held.done()
    successor.publish(10, 5)

    assert successor.shows(held.result()) == (10, 5)


def test_renditions_wait_each_for_its_own(live: LivePlaylist) -> None:
    audio = LivePlaylist(live.edge, live.media_path, "audio")
    audio.publish(10, 3)
    (video,) = live.edge.hold(ask_for(live, 10, 4))
    (sound,) = live.edge.hold(ask_for(audio, 10, 4))

    audio.publish(10, 4)
    assert audio.shows(sound.result()) == (10, 4)
    assert not video.done()

    live.publish(10, 4)
    assert live.shows(video.result()) == (10, 4)


@pytest.mark.parametrize("skip", ["YES", "v2"])
def test_delta_update(live: LivePlaylist, skip: str) -> None:
    at_once = live.edge.get(f"{live.url()}?_HLS_skip={skip}")
    (held,) = live.edge.hold(ask_for(live, 10, 4, more=f"&_HLS_skip={skip}"))
    live.publish(10, 4)

    assert "# delta" in at_once.text
    assert "# delta" in held.result().text
    assert live.shows(held.result()) == (10, 4)


def test_full_playlist_while_there_is_nothing_to_skip(live: LivePlaylist) -> None:
    (live.directory / "media.delta.m3u8.gz").unlink()

    reply = live.edge.get(f"{live.url()}?_HLS_skip=YES")

    assert reply.status == 200
    assert "# delta" not in reply.text


def test_unknown_skip_is_no_delta(live: LivePlaylist) -> None:
    assert "# delta" not in live.edge.get(f"{live.url()}?_HLS_skip=NO").text


def test_gzip_for_those_who_take_it(live: LivePlaylist) -> None:
    plain = live.edge.get(ask_for(live, 10, 3))
    packed = live.edge.get(ask_for(live, 10, 3), headers={"Accept-Encoding": "gzip"})

    assert plain.headers["Content-Encoding"] is None
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["Content-Type"] == plain.headers["Content-Type"]
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


def test_head_waits_too(live: LivePlaylist) -> None:
    (held,) = live.edge.hold(ask_for(live, 10, 4), method="HEAD")

    live.publish(10, 4)

    assert (held.result().status, held.result().body) == (200, b"")


def test_playlists_are_asked_for_anew(live: LivePlaylist) -> None:
    reply = live.edge.get(
        live.url(), headers={"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT", "Range": "bytes=0-3"}
    )

    assert reply.status == 200
    assert reply.headers["Cache-Control"] == "private, no-cache"
    assert reply.headers["ETag"] is None


def test_packager_that_is_just_starting_is_waited_for(edge: Edge, playlist: LivePlaylist) -> None:
    (first,) = edge.hold(playlist.url())
    (master,) = edge.hold(playlist.master_url())
    (blocking,) = edge.hold(ask_for(playlist, 0, 1))

    playlist.directory.mkdir(parents=True)
    (playlist.directory.parent / "master.m3u8.gz").write_bytes(gzip.compress(b"#EXTM3U\n"))
    playlist.publish(0, 0)

    assert (master.result().status, master.result().text) == (200, "#EXTM3U\n")
    assert (first.result().status, playlist.shows(first.result())) == (200, (0, 0))
    assert first.result().headers["Cache-Control"] == "private, no-cache"
    assert not blocking.done()
    playlist.publish(0, 1)
    assert playlist.shows(blocking.result()) == (0, 1)


def test_rendition_that_is_taken_away(live: LivePlaylist) -> None:
    """Shed, or access was narrowed: players are told at once, and go elsewhere."""
    LivePlaylist(live.edge, live.media_path, "audio").publish(10, 3)
    (held,) = live.edge.hold(ask_for(live, 10, 4))

    for file in live.directory.glob("media*"):
        file.unlink()

    assert live.edge.get(live.url()).status == 404
    assert held.result().status == 404
    assert held.result().took_s < 2.5


def test_what_never_comes(live: LivePlaylist) -> None:
    """Answered after three target durations, or five seconds where nobody knows of the broadcast; all at once here."""
    nobodys = LivePlaylist(live.edge)
    position = live.edge.ask(ask_for(live, 10, 4))
    hint = live.edge.ask(live.url("7-10.4.m4s"))
    unknown = [live.edge.ask(url) for url in (nobodys.url(), nobodys.master_url(), ask_for(nobodys, 3, 1))]

    assert [future.result().status for future in unknown] == [503, 503, 503]
    assert all(4.9 < future.result().took_s < 6.5 or future is unknown[2] for future in unknown)
    assert position.result().status == 503
    assert position.result().headers["Cache-Control"] == "no-store"
    assert position.result().headers["Access-Control-Allow-Origin"] == "*"
    assert 8.9 < position.result().took_s < 10
    assert hint.result().status == 404
    assert hint.result().headers["Cache-Control"] == "no-store"
