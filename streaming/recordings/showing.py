"""What players are told of a recording: one JSON shape, and playlists with an address for every file.

The playlists are written for each viewer after the access check; the addresses in them live for hours or minutes, and
a player renews them by asking again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.text import slugify

from media_pipeline.ladder import SOURCE
from media_pipeline.playlist import Variant, render_multivariant
from media_pipeline.recording import file_of, pad, parse_index, render_vod
from media_pipeline.storyboard import Storyboard, render_vtt
from streaming import gates
from streaming.errors import NotWatchable
from streaming.models import Broadcast
from streaming.playback import expiry
from streaming.recordings import places
from streaming.recordings.access import Replay
from streaming.recordings.actions import as_it_was
from streaming.recordings.models import RecordedRendition, Recording

MASTER = "master.m3u8"


def expiry_of(replay: Replay, now: datetime) -> datetime:
    """When addresses made now expire: soon, where a part of it isn't for everybody."""
    return min((expiry(as_it_was(one), now) for one in replay.recordings), default=expiry(replay.broadcast, now))


def state_of(replay: Replay) -> str:
    """In one word: recording, processing, ready, failed, or none."""
    if replay.live is not None:
        return "recording"
    if replay.playable:
        return "ready"
    states = {recording.state for recording in replay.recordings}
    if states & {Recording.State.RECORDING, Recording.State.PROCESSING}:
        return "processing"
    return "failed" if states else "none"


def describe_replay(replay: Replay, now: datetime) -> dict[str, Any]:
    """What plays, if anything; `files` are the addresses that the playlists name, made anew with each asking.

    Times are ISO 8601 in UTC, `playlist_url` is null while there is nothing to play.
    """
    until = expiry_of(replay, now)
    state = state_of(replay)
    described = {
        "broadcast": str(replay.broadcast.pk),
        "state": state,
        "duration_s": round(replay.duration_s, 3),
        "playlist_url": None,
        "storyboard_url": None,
        "started_at": replay.live.started_at.isoformat() if replay.live else None,
        "downloads": ",".join(sorted({one.download_state for one in replay.playable})),
        "files": [],
        "renew_at": (now + (until - now) / 2).isoformat(),
    }
    if state == "recording" and replay.live is not None:
        described["playlist_url"] = places.address_of(replay.live, MASTER, until=until, now=now)
    elif state == "ready":
        described |= {
            "playlist_url": reverse("recording-playlist", args=[replay.broadcast.pk]),
            "storyboard_url": _storyboard_url(replay),
            "files": [
                places.address_of(recording, file_of(rendition.name), until=until, now=now)
                for recording, rendition in _renditions(replay)
            ],
        }
    return described


def posters_of(broadcasts: Sequence[Broadcast], now: datetime) -> dict[UUID, str]:
    """The address of a picture of each broadcast that anybody may watch again, by its id. Costs one query."""
    by_id = {broadcast.pk: broadcast for broadcast in broadcasts if _is_for_all(broadcast)}
    drawn = (
        Recording.objects.playable().filter(broadcast__in=by_id, storyboard__has_key="poster").order_by("-started_at")
    )
    posters = {}
    for recording in drawn:
        recording.broadcast = by_id[recording.broadcast_id]
        then, poster = as_it_was(recording), (recording.storyboard or {})["poster"]
        if poster and _is_for_all(then):
            until = expiry(then, now)
            posters[recording.broadcast_id] = places.address_of(recording, poster, until=until, now=now)
    return posters


def _is_for_all(broadcast: Broadcast) -> bool:
    return gates.gate_of(broadcast.visibility).is_open and not broadcast.is_mature


def _storyboard_url(replay: Replay) -> str | None:
    if not any(recording.storyboard for recording in replay.playable):
        return None
    return reverse("recording-storyboard", args=[replay.broadcast.pk])


def _renditions(replay: Replay) -> list[tuple[Recording, RecordedRendition]]:
    """Every rendition's row without its playlist, which is long."""
    by_id = {recording.pk: recording for recording in replay.playable}
    rows = RecordedRendition.objects.filter(recording__in=by_id).defer("playlist")
    return [(by_id[row.recording_id], row) for row in rows]


def render_master(replay: Replay) -> str:
    """The multivariant playlist: the renditions that there are throughout. Raises NotWatchable for an empty replay."""
    found: dict[str, list[RecordedRendition]] = {}
    for _, row in _renditions(replay):
        found.setdefault(row.name, []).append(row)
    whole = [rows for rows in found.values() if len(rows) == len(replay.playable)]
    if not whole:
        raise NotWatchable(str(replay.broadcast.pk))
    variants = sorted((_variant(rows) for rows in whole), key=lambda one: (one.name != SOURCE, -one.height))
    return render_multivariant(variants, uri="{name}.m3u8")


def _variant(rows: list[RecordedRendition]) -> Variant:
    seconds = sum(row.recorded_s for row in rows)
    first = rows[0]
    return Variant(
        name=first.name,
        bandwidth=max(row.bandwidth for row in rows),
        average_bandwidth=round(sum(row.average_bandwidth * row.recorded_s for row in rows) / seconds),
        codecs=first.codecs,
        width=first.width,
        height=first.height,
        frame_rate=first.frame_rate,
    )


def render_rendition(replay: Replay, name: str, now: datetime) -> str:
    """A rendition's playlist over all recordings of the replay. Raises NotWatchable for one that isn't there."""
    until = expiry_of(replay, now)
    chapters = []
    for recording in replay.playable:
        rows = {row.name: row for row in recording.renditions.filter(name__in={name, SOURCE})}
        if name not in rows:
            raise NotWatchable(name)
        index = parse_index(rows[name].playlist)
        if name != SOURCE:
            index = pad(index, parse_index(rows[SOURCE].playlist))
        chapters.append((index, places.address_of(recording, file_of(name), until=until, now=now)))
    if not chapters:
        raise NotWatchable(name)
    return render_vod(chapters)


def render_storyboard(replay: Replay, now: datetime) -> str:
    """WebVTT for the seek bar. Raises NotWatchable where no picture was drawn."""
    if _storyboard_url(replay) is None:
        raise NotWatchable(str(replay.broadcast.pk))
    until = expiry_of(replay, now)
    chapters = []
    for recording in replay.playable:
        board = _board(recording)
        sheets = board.sheets if board else ()
        addresses = [places.address_of(recording, sheet, until=until, now=now) for sheet in sheets]
        chapters.append((board, addresses, recording.duration_s))
    return render_vtt(chapters)


def _board(recording: Recording) -> Storyboard | None:
    kept = recording.storyboard
    return Storyboard(tuple(kept["sheets"]), tuple(kept["times"]), kept.get("poster", "")) if kept else None


@dataclass(frozen=True)
class DownloadFile:
    """An MP4 file of a replay: `name` is what it is saved as."""

    url: str
    name: str
    size: int


def downloads_of(replay: Replay, now: datetime) -> list[DownloadFile]:
    """The files that are ready to be taken."""
    until = expiry_of(replay, now)
    broadcast = replay.broadcast
    stem = slugify(broadcast.display_title) or broadcast.channel.name
    ready = [(one, file) for one in replay.playable for file in one.downloads]
    found = []
    for number, (recording, file) in enumerate(ready, 1):
        name = f"{stem}-{broadcast.started_at:%Y-%m-%d}{f'-{number}' if len(ready) > 1 else ''}.mp4"
        url = places.address_of(recording, file["name"], until=until, now=now, download_as=name)
        found.append(DownloadFile(url, name, file["size"]))
    return found
