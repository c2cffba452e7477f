"""What a page knows of a broadcast: one JSON shape for the first render, the polling and later the socket."""

from datetime import datetime
from typing import Any

from accounts.models import Channel
from streaming import live_store
from streaming.models import Broadcast
from streaming.playback import playback_url


def describe(broadcast: Broadcast, now: datetime) -> dict[str, Any]:
    """State and signed playlist of a broadcast. `playlist_url` is null until there is something to play, and
    again once it has ended; times are ISO 8601 in UTC."""
    url = playback_url(broadcast, now) if broadcast.is_on_air and live_store.is_playable(broadcast.media_path) else None
    return {
        "broadcast": str(broadcast.pk),
        "channel": broadcast.channel.name,
        "title": broadcast.display_title,
        "state": broadcast.state,
        "started_at": broadcast.started_at.isoformat(),
        "interrupted_at": broadcast.interrupted_at.isoformat() if broadcast.interrupted_at else None,
        "ended_at": broadcast.ended_at.isoformat() if broadcast.ended_at else None,
        "playlist_url": url.url if url else None,
        "playlist_expires_at": url.expires_at.isoformat() if url else None,
        "renew_at": url.renew_at.isoformat() if url else None,
    }


def describe_channel(channel: Channel, now: datetime) -> dict[str, Any]:
    """What a channel shows: its broadcast on air, or null."""
    broadcast = Broadcast.objects.select_related("channel").on_air().filter(channel=channel).first()
    return {"channel": channel.name, "broadcast": describe(broadcast, now) if broadcast else None}
