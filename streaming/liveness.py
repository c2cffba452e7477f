"""What ingest hears from each session: whether its encoder still sends, whether its readers are there."""

import time
from dataclasses import dataclass
from datetime import datetime

from streaming import ingest, live_store
from streaming.models import IngestSession

SILENCE_S = 3.0
_SECOND_LOOK_S = 0.4
_LOOK_EACH_S = 0.025


@dataclass(frozen=True)
class Heard:
    """Bytes a session had sent when they last grew, and when that was (seconds since 1970)."""

    bytes_in: int
    at: float


def read_heard(session_name: str) -> Heard | None:
    kept = live_store.read_json(f"heard:{session_name}")
    return Heard(int(kept["bytes_in"]), float(kept["at"])) if kept else None


def note_heard(session_name: str, bytes_in: int, at: float) -> Heard:
    """Keep that a session has sent so much; the time stays that of the last growth."""
    before = read_heard(session_name)
    if before is not None and before.bytes_in == bytes_in:
        return before
    live_store.keep_json(f"heard:{session_name}", {"bytes_in": bytes_in, "at": at})
    return Heard(bytes_in, at)


def is_sending(session: IngestSession, now: datetime) -> bool:
    """Whether a session sent bytes within the last 3 s, by what ingest says now and said before.

    When the last record is too old to tell, it looks twice. A session that ingest doesn't know is not sending,
    unless it was admitted a moment ago. An ingest that doesn't answer protects nobody.
    """
    if (now - session.started_at).total_seconds() < SILENCE_S:
        return True
    try:
        before = read_heard(session.name)
        stream = ingest.read_stat().get(session.name)
        if stream is None or not stream.is_published:
            return False
        at = now.timestamp()
        if before is not None and stream.bytes_in == before.bytes_in:
            return at - before.at < SILENCE_S
        if before is not None and at - before.at < SILENCE_S:
            return True
        time.sleep(_SECOND_LOOK_S)
        again = ingest.read_stat().get(session.name)
        return again is not None and again.bytes_in > stream.bytes_in
    except ingest.IngestUnreachable:
        return False


def wait_for_readers(session_name: str, timeout_s: float) -> bool:
    """Wait until ingest has the packager's readers; False when they are late.

    Their `on_play` comes before they have joined the stream, so ingest's own list is asked.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        expected = live_store.expected_readers(session_name)
        if expected and count_readers(session_name) >= expected:
            return True
        time.sleep(_LOOK_EACH_S)
    return False


def count_readers(session_name: str) -> int:
    """How many readers ingest has of a session; 0 when it doesn't answer."""
    try:
        stream = ingest.read_stat().get(session_name)
    except ingest.IngestUnreachable:
        return 0
    return stream.readers if stream else 0
