"""Signed playback URLs, checked by nginx (`secure_link`) so that no segment costs the application a request.

`/live/<expires>-<key id>-<md5>/<media path>/...`: one token covers everything below one media path. Expiries are
rounded to a bucket so that viewers share URLs, and with them caches. Who may watch is asked before an address is made
(streaming.gates); addresses of gated broadcasts live for minutes, and are renewed after asking again: each minute where
a gate says so.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings

from streaming import gates
from streaming.models import Broadcast

OPEN_BUCKET, GATED_BUCKET = timedelta(hours=6), timedelta(minutes=5)
THUMBNAIL = "thumbnail.jpg"


@dataclass(frozen=True)
class PlaybackUrl:
    """A path on the edge, good until `expires_at`; ask for the next one at `renew_at`."""

    url: str
    expires_at: datetime
    renew_at: datetime


def key_id(secret: str) -> str:
    """What tells the edge which of the accepted secrets signed a token."""
    return hashlib.sha256(secret.encode()).hexdigest()[:8]


def sign(subject: str, expires_at: datetime, secret: str | None = None) -> str:
    """`<expires>-<key id>-<md5>` over a media path, as nginx's `secure_link_md5` checks it."""
    secret = secret or settings.ENV.playback_secrets[0]
    expires = int(expires_at.timestamp())
    digest = hashlib.md5(f"{expires}:{subject}:{secret}".encode(), usedforsecurity=False).digest()
    return f"{expires}-{key_id(secret)}-{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def is_signed(subject: str, token: str, now: datetime) -> bool | None:
    """True for a good token, None for one that was good and is expired, False for a forged one."""
    try:
        expires_at = datetime.fromtimestamp(int(token.partition("-")[0]), UTC)
    except (ValueError, OverflowError, OSError):
        return False
    good = [
        hmac.compare_digest(token.encode(), sign(subject, expires_at, secret).encode())
        for secret in settings.ENV.playback_secrets
    ]
    if not any(good):
        return False
    return True if now < expires_at else None


def playback_url(broadcast: Broadcast, now: datetime) -> PlaybackUrl:
    """The multivariant playlist of a broadcast: good for six to twelve hours, for five to ten minutes when gated."""
    expires_at = expiry(broadcast, now)
    return PlaybackUrl(path_until(broadcast, expires_at), expires_at, now + (expires_at - now) / 2)


def thumbnail_url(broadcast: Broadcast, now: datetime) -> str:
    """The still of a live broadcast, renewed every few seconds under the same address."""
    return path_until(broadcast, expiry(broadcast, now), THUMBNAIL)


def expiry(broadcast: Broadcast, now: datetime) -> datetime:
    """When addresses made now expire: at the end of the next bucket."""
    gate = gates.gate_of(broadcast.visibility)
    bucket = (OPEN_BUCKET if gate.is_open else gate.lives or GATED_BUCKET).total_seconds()
    return datetime.fromtimestamp((now.timestamp() // bucket + 2) * bucket, UTC)


def path_until(broadcast: Broadcast, expires_at: datetime, file: str = "master.m3u8") -> str:
    return f"/live/{sign(broadcast.media_path, expires_at)}/{broadcast.media_path}/{file}"


def channel_subject(name: str) -> str:
    """What a token for whatever a channel shows is signed over; no media path looks like it."""
    return f"channel:{name}"


def channel_playlist_path(name: str, expires_at: datetime) -> str:
    """An address for scripts and other players that leads to what the channel shows at the time."""
    return f"/api/channels/{name}/playlist/{sign(channel_subject(name), expires_at)}/master.m3u8"
