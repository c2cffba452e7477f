"""The watch over ingest: once a second, what is really connected against what we believe.

It mends what hooks lost (a `publish_done` while web was away), turns away what can't be carried, and drops whoever
should not be there any more.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import cast

from django.conf import settings

from streaming import actions, ingest, live_store
from streaming.errors import BitrateTooHigh, CodecUnsupported, PictureTooLarge, Refused, TooManyFrames
from streaming.health import Rate, keep_rate
from streaming.ingest import StreamStat
from streaming.liveness import note_heard
from streaming.models import IngestSession

log = logging.getLogger(__name__)

# An encoder that was let in publishes a moment later.
_ADMISSION_S = 5.0
_MISSES_BEFORE_LOST = 2
# A restart of ingest takes seconds; after this long nobody can be sending to it.
_SILENT_S = 20.0
# A late reader waits for a key frame, and its health is told a second later.
_READ_ANEW_S = 15
_RATE_SLACK, _LOOKS_ABOVE = 1.25, 5


def watch_ingest(now: datetime) -> None:
    """One look at ingest. From one that doesn't answer nothing is concluded before it has been silent for long."""
    try:
        streams = ingest.read_stat()
        live_store.client().delete(silence_key())
    except ingest.IngestUnreachable as error:
        log.warning("ingest does not answer: %s", error)
        if _silence_s(now) < _SILENT_S:
            return
        streams = {}
    sessions = IngestSession.objects.select_related("broadcast__channel").filter(
        node=settings.ENV.node, ended_at__isnull=True
    )
    known = {session.name: session for session in sessions}
    for session in known.values():
        _watch_session(session, streams.get(session.name), now)
    _drop_strangers(streams.values(), known)


def silence_key() -> str:
    """Where it stands since when ingest has not answered."""
    return f"ingest-silent:{settings.ENV.node}"


def _silence_s(now: datetime) -> float:
    """How long ingest has not answered."""
    client = live_store.client()
    client.set(silence_key(), now.timestamp(), nx=True, ex=3600)
    return now.timestamp() - float(cast(str | None, client.get(silence_key())) or now.timestamp())


def _watch_session(session: IngestSession, stream: StreamStat | None, now: datetime) -> None:
    if stream is None or not stream.is_published:
        _count_missing(session, now)
        return
    live_store.client().delete(f"missing:{session.name}")
    note_heard(session.name, stream.bytes_in, now.timestamp())
    # What is composed here has as many pictures a second as move, whatever its encoder announces.
    is_composed = session.encoder == actions.BROWSER or session.broadcast.place
    announced = 0.0 if is_composed else stream.frame_rate
    keep_rate(str(session.broadcast_id), Rate(now.timestamp(), stream.bitrate_bps, announced))
    _notice_new_shape(session, stream)
    _notice_missing_track(session, stream)
    refusal = find_fault(stream) or _rate_fault(session, stream)
    if refusal is not None:
        actions.refuse_session(session=session, refusal=refusal, now=now)


def _count_missing(session: IngestSession, now: datetime) -> None:
    """A session that ingest doesn't have, twice in a row, is over though nobody said so."""
    if (now - session.started_at).total_seconds() < _ADMISSION_S:
        return
    key = f"missing:{session.name}"
    misses = int(live_store.client().incr(key))
    live_store.client().expire(key, 10)
    if misses >= _MISSES_BEFORE_LOST:
        log.info("session %s of %s is gone from ingest", session.pk, session.broadcast)
        actions.close_session(session=session, now=now)


def find_fault(stream: StreamStat) -> Refused | None:
    """Why a stream can't be carried by its codec, size or frame rate; None when it can, or isn't known yet."""
    env = settings.ENV
    if stream.width and stream.video_codec and not stream.video_codec.startswith("H264"):
        return CodecUnsupported()
    if stream.width > env.max_width or stream.height > env.max_height:
        return PictureTooLarge(sent=f"{stream.width}x{stream.height}", most=f"{env.max_width}x{env.max_height}")
    if stream.frame_rate > env.max_frame_rate + 0.5:
        return TooManyFrames(sent=_plain(stream.frame_rate), most=_plain(env.max_frame_rate))
    return None


def _rate_fault(session: IngestSession, stream: StreamStat) -> Refused | None:
    """Bitrates are bursty: only one that stays above the limit counts."""
    limit = settings.ENV.max_bitrate_bps
    key = f"above:{session.name}"
    if stream.bitrate_bps <= limit * _RATE_SLACK:
        live_store.client().delete(key)
        return None
    looks = int(live_store.client().incr(key))
    live_store.client().expire(key, 10)
    if looks < _LOOKS_ABOVE:
        return None
    return BitrateTooHigh(sent=_plain(stream.bitrate_bps / 1e6), most=_plain(limit / 1e6))


def _plain(figure: float) -> float:
    """With one decimal at most, and none that says nothing."""
    return int(figure) if figure == int(figure) else round(figure, 1)


def _notice_new_shape(session: IngestSession, stream: StreamStat) -> None:
    """An encoder that changes its picture or sound in mid-stream is read anew, on the same clock."""
    shape = f"{stream.video_codec} {stream.width}x{stream.height} {stream.audio_codec} {stream.sample_rate}"
    if not stream.width and not stream.audio_codec:
        return
    before = live_store.swap(f"shape:{session.name}", shape)
    if before is not None and before != shape:
        log.info("session %s changed from %s to %s", session.pk, before, shape)
        live_store.ask_to_stop(session.name)


def _notice_missing_track(session: IngestSession, stream: StreamStat) -> None:
    """A reader that came while only sound was flowing reads no picture for ever: have it read anew."""
    kept = live_store.read_json(f"health:{session.broadcast_id}")
    if kept is None or kept["session"] != session.name or not kept["codecs"]:
        return
    has_picture, has_sound = "avc1" in kept["codecs"], "mp4a" in kept["codecs"]
    lacks = (stream.width and not has_picture) or (stream.audio_codec and not has_sound)
    if lacks and live_store.is_first_within(f"sent-back:{session.name}", _READ_ANEW_S):
        log.info("session %s is read without one of its tracks: reading anew", session.pk)
        live_store.ask_to_stop(session.name)


def _drop_strangers(streams: Iterable[StreamStat], known: dict[str, IngestSession]) -> None:
    """Whoever publishes without an open session was closed while ingest did not listen."""
    for stream in streams:
        if stream.is_published and stream.name not in known:
            try:
                ingest.drop_publisher(stream.name)
            except ingest.IngestUnreachable as error:
                log.warning("stranger not dropped: %s", error)
