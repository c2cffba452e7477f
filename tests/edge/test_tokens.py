"""What opens a broadcast's files and what doesn't."""

from __future__ import annotations

import gzip
import secrets
import time

import pytest

from .publishing import OLDER_SECRET, LivePlaylist, sign
from .running import Edge

FILES = ["media.m3u8", "7-10.3.m4s", "7-10.m4s", "7-init0.mp4"]


@pytest.fixture
def whole(live: LivePlaylist) -> LivePlaylist:
    """The live rendition with each kind of file."""
    live.write_file("7-10.m4s", b"segment")
    live.write_file("7-init0.mp4", b"init")
    (live.directory.parent / "master.m3u8.gz").write_bytes(gzip.compress(b"#EXTM3U\n"))
    return live


def refused_tokens(media_path: str) -> dict[str, tuple[str, int]]:
    """Tokens that open nothing, and the status each one is answered with."""
    valid = sign(media_path)
    expires, kid, signature = valid.split("-", 2)
    return {
        "expired": (sign(media_path, lifetime_s=-5), 410),
        "forged": (f"{expires}-{kid}-{'A' * 22}", 403),
        "prolonged": (f"{int(expires) + 60}-{kid}-{signature}", 403),
        "unknown secret": (sign(media_path, secret="someone's own"), 403),
        "unknown kid without a secret": (
            sign(media_path, secret="").replace(sign(media_path, secret="")[11:19], "0" * 8),
            403,
        ),
        "right kid, wrong secret": (
            f"{expires}-{kid}-{sign(media_path, secret=OLDER_SECRET).split('-', 2)[2]}",
            403,
        ),
        "other broadcast's": (sign(secrets.token_hex(16)), 403),
        "cut": (valid[:-1], 403),
        "without parts": ("x", 403),
        "no number": (f"soon-{kid}-{signature}", 403),
        "endless number": (f"{'9' * 13}-{kid}-{signature}", 403),
        "odd characters": (f"{expires}-{kid}-%20<>", 403),
    }


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("what", refused_tokens("0" * 32))
def test_refuses(whole: LivePlaylist, file: str, what: str) -> None:
    token, status = refused_tokens(whole.media_path)[what]

    reply = whole.edge.get(f"/live/{token}/{whole.key}/{file}")

    assert reply.status == status
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers.get_all("Access-Control-Allow-Origin") == ["*"]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("secret", ["signs-new-links", OLDER_SECRET])
def test_opens_with_either_secret(whole: LivePlaylist, file: str, secret: str) -> None:
    reply = whole.edge.get(whole.url(file, secret=secret))

    assert reply.status == 200
    assert reply.headers.get_all("Access-Control-Allow-Origin") == ["*"]


def test_one_token_covers_master_and_all_renditions(whole: LivePlaylist) -> None:
    audio = LivePlaylist(whole.edge, whole.media_path, "audio")
    audio.publish(10, 3)

    assert whole.edge.get(whole.master_url()).status == 200
    assert whole.edge.get(audio.url()).status == 200


def test_refused_before_anything_waits(live: LivePlaylist) -> None:
    ahead = "?_HLS_msn=10&_HLS_part=4"

    assert live.edge.get(live.url(secret="wrong") + ahead).took_s < 1
    assert live.edge.get(live.url(expires=int(time.time()) - 1) + ahead).took_s < 1


@pytest.mark.parametrize(
    "path", ["", "..%2f..%2fedge.conf", "../../edge.conf", "source/.7-10.3.m4s", "source/", "source"]
)
def test_sends_nothing_but_media(whole: LivePlaylist, path: str) -> None:
    reply = whole.edge.get(f"/live/{sign(whole.media_path)}/{whole.media_path}/{path}")

    assert reply.status in (403, 404)
    assert reply.headers["Access-Control-Allow-Origin"] == "*"


def test_a_page_elsewhere_may_ask_first(live: LivePlaylist) -> None:
    reply = live.edge.get(live.url(), method="OPTIONS", headers={"Origin": "https://blog.example"})

    assert reply.status == 204
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert reply.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert reply.headers["Access-Control-Allow-Headers"] == "Range"


def test_only_reads(live: LivePlaylist, edge: Edge) -> None:
    assert edge.get(live.url("7-10.3.m4s"), method="PUT").status == 405
    assert edge.get(live.url(), method="DELETE").status == 405
