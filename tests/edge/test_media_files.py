"""Parts, segments and init sections: sent from disk, held when a playlist only hints at them."""

from __future__ import annotations

import pytest

from .publishing import LivePlaylist

IMMUTABLE = "private, max-age=120, immutable"


@pytest.mark.parametrize("file", ["7-10.3.m4s", "7-9.m4s", "7-init0.mp4"])
def test_files_are_sent_and_kept_by_the_browser_alone(live: LivePlaylist, file: str) -> None:
    live.write_file(file, b"0123456789")

    reply = live.edge.get(live.url(file))

    assert (reply.status, reply.body) == (200, b"0123456789")
    assert reply.headers["Content-Type"] == "video/mp4"
    assert reply.headers["Cache-Control"] == IMMUTABLE
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_ranges(live: LivePlaylist) -> None:
    live.write_file("7-9.m4s", b"0123456789")

    reply = live.edge.get(live.url("7-9.m4s"), headers={"Range": "bytes=2-4"})

    assert (reply.status, reply.body) == (206, b"234")
    assert reply.headers["Cache-Control"] == IMMUTABLE


def test_not_modified(live: LivePlaylist) -> None:
    tag = live.edge.get(live.url("7-10.3.m4s")).headers["ETag"]

    reply = live.edge.get(live.url("7-10.3.m4s"), headers={"If-None-Match": tag})

    assert (reply.status, reply.headers["Cache-Control"]) == (304, IMMUTABLE)


@pytest.mark.parametrize(
    "file", ["7-3.0.m4s", "7-10.5.m4s", "7-12.0.m4s", "7-11.1.m4s", "8-10.4.m4s", "7-3.m4s", "7-init9.mp4"]
)
def test_what_is_neither_there_nor_hinted_at(live: LivePlaylist, file: str) -> None:
    reply = live.edge.get(live.url(file))

    assert reply.status == 404
    assert reply.took_s < 1
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers.get_all("Access-Control-Allow-Origin") == ["*"]


@pytest.mark.parametrize(("msn", "part"), [(10, 4), (11, 0)])
def test_hinted_part_is_held_until_it_is_there(live: LivePlaylist, msn: int, part: int) -> None:
    (held,) = live.edge.hold(live.url(live.part_file(msn, part)))

    live.publish(msn, part)

    reply = held.result()
    assert (reply.status, reply.body) == (200, f"part {msn}.{part}".encode())
    assert reply.headers["Cache-Control"] == IMMUTABLE
    assert reply.headers["Content-Type"] == "video/mp4"
    assert reply.headers.get_all("Access-Control-Allow-Origin") == ["*"]


def test_hint_of_a_segment_that_ended_without_it(live: LivePlaylist) -> None:
    (held,) = live.edge.hold(live.url("7-10.4.m4s"))

    live.announce(10, 3, closed=True)

    assert held.result().status == 404
    assert held.result().took_s < 5


def test_hint_of_a_packager_that_was_replaced(live: LivePlaylist) -> None:
    (held,) = live.edge.hold(live.url("7-10.4.m4s"))

    LivePlaylist(live.edge, live.media_path, epoch=8).publish(10, 4)

    assert held.result().status == 404
    assert held.result().took_s < 5


def test_hint_of_a_broadcast_that_ended(live: LivePlaylist) -> None:
    (held,) = live.edge.hold(live.url("7-10.4.m4s"))

    live.announce(10, 3, ended=True)

    assert held.result().status == 404
    assert held.result().took_s < 5


def test_the_still_is_sent_to_those_with_a_token_and_soon_asked_for_anew(live: LivePlaylist) -> None:
    (live.directory.parent / "thumbnail.jpg").write_bytes(b"jpeg")
    address = live.master_url().replace("master.m3u8", "thumbnail.jpg")

    reply = live.edge.get(address)

    assert (reply.status, reply.body) == (200, b"jpeg")
    assert reply.headers["Content-Type"] == "image/jpeg"
    assert reply.headers["Cache-Control"] == "private, max-age=5"
    assert live.edge.get(address.replace(live.media_path + "/", "0" * 32 + "/")).status == 403
    (live.directory.parent / "thumbnail.jpg").unlink()
    assert live.edge.get(address).status == 404
