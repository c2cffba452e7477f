"""Who may see a broadcast, changed while it is on air or after it.

Each change starts a new media path: of a broadcast on air the packager goes on there, out of the same encoder session.
Addresses of the old path are worth nothing on it, and the old path's files are taken away. Of what is over the
recordings get new addresses.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import audit, following
from accounts.models import User
from realtime import publish_on_commit, recheck_on_commit
from streaming import gates
from streaming.describing import check_visibility
from streaming.errors import NotOnAir
from streaming.live_events import announce_shown_on_commit
from streaming.models import Broadcast, IngestSession, Visibility, new_media_path
from streaming.queues import stop_packager_on_commit
from streaming.recordings.actions import show_recordings_as

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class VisibilityChanged:
    """Others may see a broadcast than before. Pages ask for its state: where it plays now, if at all."""

    visibility: str
    type: str = "visibility"


@transaction.atomic
def change_visibility(*, broadcast: Broadcast, visibility: str, by: User, now: datetime) -> Broadcast:
    """Narrow or widen who may see a broadcast, and all that was recorded of one that is over.

    Harmless when it is so already. Raises UnknownVisibility.
    """
    check_visibility(visibility)
    broadcast = Broadcast.objects.select_for_update().get(pk=broadcast.pk)
    before = broadcast.visibility
    if before == visibility:
        return broadcast
    broadcast.visibility = visibility
    start_new_media_path(broadcast)
    if broadcast.is_on_air:
        note_shown(broadcast, now)
        announce_shown_on_commit(broadcast)
    else:
        show_recordings_as(broadcast)
    publish_on_commit(f"broadcast.{broadcast.pk}", VisibilityChanged(visibility))
    recheck_on_commit(f"broadcast.{broadcast.pk}")
    audit.record(by, "changed visibility", broadcast, before=before, after=visibility)
    log.info("broadcast %s is %s, was %s", broadcast.pk, visibility, before)
    return broadcast


@transaction.atomic
def go_public(*, broadcast: Broadcast, by: User, now: datetime) -> Broadcast:
    """Lift the curtain on a rehearsal. Raises NotOnAir: what is over isn't shown by a button pressed too late."""
    if not Broadcast.objects.select_for_update().get(pk=broadcast.pk).is_on_air:
        raise NotOnAir
    return change_visibility(broadcast=broadcast, visibility=Visibility.PUBLIC, by=by, now=now)


def start_new_media_path(broadcast: Broadcast) -> None:
    """Have the packager go on elsewhere; what was published so far is taken away."""
    broadcast.media_path = new_media_path()
    broadcast.viewers = 0
    broadcast.save(update_fields=["visibility", "media_path", "viewers"])
    session = IngestSession.objects.filter(broadcast=broadcast, ended_at__isnull=True).first()
    if session is not None:
        stop_packager_on_commit(session)


def note_shown(broadcast: Broadcast, now: datetime) -> None:
    """Keep when a broadcast was first open to others, and tell the channel's followers once when lists show it."""
    gate = gates.gate_of(broadcast.visibility)
    if gate.is_secret or broadcast.shown_at is not None:
        return
    broadcast.shown_at = now
    broadcast.save(update_fields=["shown_at"])
    if gate.is_listed:
        title, key = broadcast.display_title, f"went-live:{broadcast.pk}"
        following.announce_on_commit(channel=broadcast.channel, key=key, title=title, now=now)
