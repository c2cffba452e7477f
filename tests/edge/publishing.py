"""Tokens, files and positions as web and the packager make them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .running import OLDER_SECRET, SIGNING_SECRET, Edge, Reply, kid_of, wait_for

__all__ = ["OLDER_SECRET", "SIGNING_SECRET", "LivePlaylist", "sign"]


def sign(media_path: str, *, secret: str = SIGNING_SECRET, lifetime_s: int = 600, expires: int | None = None) -> str:
    """A token for a media path."""
    expires = int(time.time()) + lifetime_s if expires is None else expires
    digest = hashlib.md5(f"{expires}:{media_path}:{secret}".encode()).digest()
    return f"{expires}-{kid_of(secret)}-{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


@dataclass
class LivePlaylist:
    """One rendition of a broadcast, written and announced in the packager's order."""

    edge: Edge
    media_path: str = field(default_factory=lambda: secrets.token_hex(16))
    rendition: str = "source"
    epoch: int = 7

    @property
    def key(self) -> str:
        return f"{self.media_path}/{self.rendition}"

    @property
    def directory(self) -> Path:
        return self.edge.directory / "media" / "live" / self.media_path / self.rendition

    def url(self, file: str = "media.m3u8", **signing: Any) -> str:
        """A signed path of a file of this rendition."""
        return f"/live/{sign(self.media_path, **signing)}/{self.key}/{file}"

    def master_url(self) -> str:
        return f"/live/{sign(self.media_path)}/{self.media_path}/master.m3u8"

    def part_file(self, msn: int, part: int) -> str:
        return f"{self.epoch}-{msn}.{part}.m4s"

    def write_file(self, name: str, content: bytes) -> None:
        """Put a file into place in one step."""
        self.directory.mkdir(parents=True, exist_ok=True)
        draft = self.directory / f".{name}"
        draft.write_bytes(content)
        draft.rename(self.directory / name)

    def write(self, msn: int, part: int, *, text: str = "") -> None:
        """Write a part, then the playlists that name it."""
        self.write_file(self.part_file(msn, part), f"part {msn}.{part}".encode())
        full = f"#EXTM3U\n# {self.epoch} {msn}.{part} {text}\n"
        for name, content in (
            ("media.m3u8", full),
            ("media.delta.m3u8", full.replace("#EXTM3U", "#EXTM3U\n# delta")),
        ):
            self.write_file(name + ".gz", gzip.compress(content.encode()))

    def announce(self, msn: int, part: int, *, closed: bool = False, ended: bool = False) -> None:
        """Tell the edge."""
        position = f"{self.key} {self.epoch} {msn} {part} {closed:d} {ended:d}"
        with self.edge.redis.pipeline() as pipeline:
            pipeline.set(f"hls:{self.key}", position)
            pipeline.publish("hls", position)
            pipeline.execute()

    def publish(self, msn: int, part: int, *, closed: bool = False, ended: bool = False) -> None:
        """Write a part and its playlists, then tell the edge."""
        self.write(msn, part)
        self.announce(msn, part, closed=closed, ended=ended)

    def shows(self, reply: Reply) -> tuple[int, int]:
        """The newest part in a playlist that was sent."""
        msn, part = reply.text.splitlines()[-1].split()[2].split(".")
        return int(msn), int(part)

    def wait_until_known(self, msn: int, part: int) -> None:
        """Wait until each worker has read this position: a held request would be answered at once."""
        path = f"{self.url()}?_HLS_msn={msn}&_HLS_part={part}"
        wait_for("the position is known", lambda: all(self.edge.get(path).status == 200 for _ in range(4)))
