"""Recordings that lie on this server: what opens them, what doesn't, and how they are sent."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field

import pytest

from .publishing import OLDER_SECRET, SIGNING_SECRET, sign
from .running import Edge, kid_of


@dataclass
class Recorded:
    """A recording's directory on the edge's disk."""

    edge: Edge
    key: str = field(default_factory=lambda: secrets.token_hex(16))

    def __post_init__(self) -> None:
        root = self.edge.directory / "media" / "recordings" / self.key
        root.mkdir(parents=True)
        (root / "source.mp4").write_bytes(b"0123456789")
        (root / "download.mp4").write_bytes(b"whole")
        (root / "storyboard-0.webp").write_bytes(b"tiles")
        (root / "source.m3u8").write_text("#EXTM3U\n# whole\n")
        (root / "source.delta.m3u8").write_text("#EXTM3U\n# delta\n")
        (root / "stopped").write_text("disk")

    def token(self, *, secret: str = SIGNING_SECRET, lifetime_s: int = 600) -> str:
        expires = int(time.time()) + lifetime_s
        digest = hashlib.md5(f"{expires}:recording:{self.key}:{secret}".encode()).digest()
        return f"{expires}-{kid_of(secret)}-{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"

    def url(self, file: str, token: str = "") -> str:
        return f"/recordings/{token or self.token()}/{self.key}/{file}"


@pytest.fixture
def recorded(edge: Edge) -> Recorded:
    return Recorded(edge)


FILES = ["source.mp4", "source.m3u8", "storyboard-0.webp", "download.mp4"]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("secret", [SIGNING_SECRET, OLDER_SECRET])
def test_a_signed_address_opens_it(recorded: Recorded, file: str, secret: str) -> None:
    reply = recorded.edge.get(recorded.url(file, recorded.token(secret=secret)))

    assert reply.status == 200
    assert reply.headers.get_all("Access-Control-Allow-Origin") == ["*"]


@pytest.mark.parametrize("file", FILES)
def test_nothing_else_does(recorded: Recorded, file: str) -> None:
    refused = {
        recorded.token(lifetime_s=-5): 410,
        recorded.token(secret="somebody's own"): 403,
        Recorded(recorded.edge).token(): 403,
        # Of the live media that this is a recording of.
        sign(recorded.key): 403,
        "x": 403,
    }
    for token, status in refused.items():
        reply = recorded.edge.get(recorded.url(file, token))
        assert (reply.status, reply.headers["Cache-Control"]) == (status, "no-store")


def test_a_token_of_a_recording_opens_no_live_media(recorded: Recorded) -> None:
    assert recorded.edge.get(f"/live/{recorded.token()}/{recorded.key}/source/media.m3u8").status == 403


@pytest.mark.parametrize(
    "file", ["stopped", "", "source.mp4.tmp", "..%2f..%2fedge.conf", "a/source.mp4", ".source.mp4"]
)
def test_sends_nothing_but_media(recorded: Recorded, file: str) -> None:
    assert recorded.edge.get(recorded.url(file)).status in (403, 404)


def test_segments_are_byte_ranges(recorded: Recorded) -> None:
    reply = recorded.edge.get(recorded.url("source.mp4"), headers={"Range": "bytes=2-4"})

    assert (reply.status, reply.body) == (206, b"234")
    assert reply.headers["Content-Type"] == "video/mp4"
    assert reply.headers["Cache-Control"] == "private, max-age=120, immutable"


def test_what_was_appended_is_sent_at_once(recorded: Recorded) -> None:
    assert recorded.edge.get(recorded.url("source.mp4"), headers={"Range": "bytes=8-9"}).body == b"89"
    with (recorded.edge.directory / "media" / "recordings" / recorded.key / "source.mp4").open("ab") as file:
        file.write(b"abc")

    assert recorded.edge.get(recorded.url("source.mp4"), headers={"Range": "bytes=9-12"}).body == b"9abc"


def test_playlists_are_asked_for_anew_and_come_as_deltas(recorded: Recorded) -> None:
    whole = recorded.edge.get(recorded.url("source.m3u8"))
    delta = recorded.edge.get(recorded.url("source.m3u8?_HLS_skip=YES"))

    assert "# whole" in whole.text
    assert "# delta" in delta.text
    assert whole.headers["Cache-Control"] == "private, no-cache"
    assert whole.headers["Content-Type"] == "application/vnd.apple.mpegurl"


def test_downloads_are_for_saving(recorded: Recorded) -> None:
    assert recorded.edge.get(recorded.url("download.mp4")).headers["Content-Disposition"] == "attachment"
    assert recorded.edge.get(recorded.url("source.mp4")).headers["Content-Disposition"] is None
