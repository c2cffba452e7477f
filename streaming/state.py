"""What a page knows of a broadcast: one JSON shape for the first render, the polling and later the socket."""

import hashlib
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser

from accounts.models import Channel
from streaming import devices, gates, live_store
from streaming.access import Viewer, broadcast_at, broadcast_shown
from streaming.live_events import place_topic
from streaming.models import Broadcast
from streaming.playback import playback_url, thumbnail_url
from streaming.watching import count_viewers

STRANGER = AnonymousUser()


def describe(broadcast: Broadcast, now: datetime, viewer: Viewer = STRANGER, device: str = "") -> dict[str, Any]:
    """State and signed playlist of a broadcast, as this viewer may have it. Times are ISO 8601 in UTC.

    `playlist_url` is null until there is something to play, again once it has ended, and for whom the broadcast's
    gate keeps out; `gate` names the gate then and for all gated ones. Where devices are counted it is null too unless
    this one has a `place` (devices.place_of). `media` changes whenever playing goes on at another path.
    """
    gate = gates.gate_of(broadcast.visibility)
    plays = broadcast.is_on_air and gates.may_watch(viewer, broadcast)
    place = devices.place_of(viewer, broadcast, device, now) if plays else None
    has_url = plays and place in (None, "held")
    url = playback_url(broadcast, now) if has_url and live_store.is_playable(broadcast.media_path) else None
    return {
        "broadcast": str(broadcast.pk),
        "channel": broadcast.channel.name,
        "title": broadcast.display_title,
        "category": broadcast.category.name if broadcast.category else None,
        "is_mature": broadcast.is_mature,
        "state": broadcast.state,
        "started_at": broadcast.on_show_since.isoformat(),
        "interrupted_at": broadcast.interrupted_at.isoformat() if broadcast.interrupted_at else None,
        "ended_at": broadcast.ended_at.isoformat() if broadcast.ended_at else None,
        "viewers": count_viewers(broadcast.media_path, now) if broadcast.is_on_air else 0,
        "visibility": broadcast.visibility,
        "gate": None if gate.is_open else broadcast.visibility,
        "is_admitted": plays,
        "place": place,
        "media": hashlib.sha256(broadcast.media_path.encode()).hexdigest()[:12],
        "playlist_url": url.url if url else None,
        "playlist_expires_at": url.expires_at.isoformat() if url else None,
        "renew_at": url.renew_at.isoformat() if url else None,
        "thumbnail_url": thumbnail_url(broadcast, now) if url else None,
    }


def describe_place(place: str, now: datetime, viewer: Viewer = STRANGER, device: str = "") -> dict[str, Any]:
    """What plays at a place other than a channel's page, or null; `topic` tells when that changes."""
    broadcast = broadcast_at(place)
    shown = broadcast if broadcast and gates.may_see(viewer, broadcast) else None
    described = describe(shown, now, viewer, device) if shown else None
    return {"topic": place_topic(place), "broadcast": described}


def describe_channel(channel: Channel, now: datetime, viewer: Viewer = STRANGER, device: str = "") -> dict[str, Any]:
    """What a channel shows to this viewer: its broadcast on air, or null."""
    broadcast = broadcast_shown(viewer, channel)
    return {"channel": channel.name, "broadcast": describe(broadcast, now, viewer, device) if broadcast else None}
