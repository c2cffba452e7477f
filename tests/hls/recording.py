"""Follows a live presentation as a low-latency client would, and keeps what it was told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin

import httpx

from .media_files import Downloads
from .media_rules import check_media
from .multivariant import MultivariantPlaylist, Variant, check_multivariant, parse_multivariant
from .playlist import MediaPlaylist, Position, parse_media, resolve_delta
from .presentation_rules import check_presentation
from .reload_rules import Snapshot, check_reloads
from .violation import Violation

# A delta update says nothing about what it skips: every so often the whole is compared with what we know.
WHOLE_EVERY = 8
RETRY_S = 0.5
REQUEST_TIMEOUT_S = 12.0


@dataclass
class Track:
    """What was seen of one rendition. `statuses` are answers other than 200, with the time they came."""

    variant: Variant
    snapshots: list[Snapshot] = field(default_factory=list)
    found: list[Violation] = field(default_factory=list)
    statuses: list[tuple[float, int]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def add(self, text: str, fetched_at: float, asked: Position | None = None, asked_skip: bool = False) -> None:
        """Take in an answer."""
        self.texts.append(text)
        playlist = parse_media(text)
        skipped = playlist.skipped
        if skipped:
            try:
                playlist = resolve_delta(playlist, self.snapshots[-1].playlist)
            except (LookupError, IndexError) as error:
                where = f"{self.variant.uri} {fetched_at:.3f}"
                self.found.append(Violation("6.2.5.1", "delta update", str(error), where=where))
                return
        self.snapshots.append(Snapshot(fetched_at, playlist, asked, asked_skip, skipped))

    @property
    def newest(self) -> MediaPlaylist | None:
        return self.snapshots[-1].playlist if self.snapshots else None


@dataclass
class Recording:
    """A presentation over some time."""

    multivariant: MultivariantPlaylist
    tracks: list[Track] = field(default_factory=list)

    def validate(self) -> list[Violation]:
        """Every rule that was broken."""
        return [*check_multivariant(self.multivariant), *self._check_tracks(), *self._check_together()]

    def _check_tracks(self) -> Iterator[Violation]:
        for track in self.tracks:
            name = track.variant.uri
            yield from track.found
            if not track.snapshots:
                yield Violation("6.2.4", "rendition", "is listed, but was never to be had", where=name)
            seen: set[Violation] = set()
            for snapshot in track.snapshots:
                # The same flaw stays for a window's length: once is enough.
                new = [one for one in check_media(snapshot.playlist) if one not in seen]
                seen.update(new)
                yield from (one.at(f"{name} {snapshot.fetched_at:.3f}") for one in new)
            yield from (one.at(f"{name} {one.where}") for one in check_reloads(track.snapshots))

    def _check_together(self) -> Iterator[Violation]:
        return check_presentation({track.variant.uri: track.snapshots for track in self.tracks})


class Follower(threading.Thread):
    """One rendition, followed with blocking reloads."""

    def __init__(self, track: Track, url: str, client: httpx.Client, until: float, downloads: Downloads | None) -> None:
        super().__init__(daemon=True)
        self._track, self._url, self._client, self._until = track, url, client, until
        self._downloads = downloads
        self._requests = 0

    def run(self) -> None:
        while time.time() < self._until:
            newest = self._track.newest
            if newest and newest.is_ended:
                return
            if not self._reload(newest):
                time.sleep(RETRY_S)

    def _reload(self, newest: MediaPlaylist | None) -> bool:
        """Ask once; whether there was a playlist."""
        asked = newest.next_position if newest and not self._has_just_failed() else None
        can_skip = bool(newest and "CAN-SKIP-UNTIL" in newest.server_control)
        skip = can_skip and not self._track.found and self._requests % WHOLE_EVERY != 0
        self._requests += 1
        parameters = {"_HLS_msn": str(asked[0]), "_HLS_part": str(asked[1])} if asked else {}
        parameters |= {"_HLS_skip": "YES"} if skip else {}
        try:
            response = self._client.get(self._url, params=parameters)
        except httpx.TransportError:
            self._track.statuses.append((time.time(), 0))
            return False
        if response.status_code != 200:
            self._track.statuses.append((time.time(), response.status_code))
            return False
        self._track.add(response.text, time.time(), asked, skip)
        if self._downloads and self._track.newest:
            self._downloads.add(self._track.newest)
        return True

    def _has_just_failed(self) -> bool:
        """After an error a client asks once without directives."""
        statuses, snapshots = self._track.statuses, self._track.snapshots
        return bool(statuses and snapshots and statuses[-1][0] > snapshots[-1].fetched_at)


def record(url: str, seconds: float, *, with_media: bool = False, probe_every: int = 5) -> Recording:
    """Follow the presentation at a multivariant playlist's address until the time is over or it ends."""
    limits = httpx.Limits(max_connections=32)
    with httpx.Client(timeout=REQUEST_TIMEOUT_S, limits=limits) as client:
        response = client.get(url, follow_redirects=True)
        response.raise_for_status()
        recording = Recording(parse_multivariant(response.text))
        until = time.time() + seconds
        followers, downloads = [], []
        for variant in recording.multivariant.variants:
            track = Track(variant)
            recording.tracks.append(track)
            address = urljoin(str(response.url), variant.uri)
            fetching = Downloads(client, address, variant, probe_every) if with_media else None
            followers.append(Follower(track, address, client, until, fetching))
            downloads.append((track, fetching))
        for _, fetching in downloads:
            if fetching:
                fetching.start()
        for follower in followers:
            follower.start()
        for follower in followers:
            follower.join()
        for track, fetching in downloads:
            track.found += fetching.finish() if fetching else []
    return recording
