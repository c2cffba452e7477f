"""The only door for untrusted ids of recordings: what somebody may watch, download or delete."""

from dataclasses import dataclass
from uuid import UUID

from accounts.roles import can_edit
from streaming import gates
from streaming.access import Viewer, get_watchable_broadcast
from streaming.errors import NotWatchable
from streaming.models import Broadcast
from streaming.recordings.actions import as_it_was, policy_of
from streaming.recordings.models import Recording


@dataclass(frozen=True)
class Replay:
    """A broadcast and those of its recordings that one viewer may watch, in the order they were made in."""

    broadcast: Broadcast
    recordings: tuple[Recording, ...]

    @property
    def playable(self) -> tuple[Recording, ...]:
        """What plays; nothing while the broadcast is on air, which is then rewound instead."""
        if self.broadcast.is_on_air:
            return ()
        return tuple(one for one in self.recordings if one.state == Recording.State.READY)

    @property
    def live(self) -> Recording | None:
        """What is being recorded now, to be rewound."""
        if not self.broadcast.is_on_air:
            return None
        path = self.broadcast.media_path
        return next(
            (one for one in self.recordings if one.media_path == path and one.state == Recording.State.RECORDING), None
        )

    @property
    def duration_s(self) -> float:
        return sum(recording.duration_s for recording in self.playable)


def get_replay(viewer: Viewer, broadcast_id: UUID) -> Replay:
    """What this viewer may see of a broadcast's recordings. Raises NotWatchable."""
    return replay_of(viewer, get_watchable_broadcast(viewer, broadcast_id))


def replay_of(viewer: Viewer, broadcast: Broadcast) -> Replay:
    """The same for a broadcast whose page this viewer may open; empty for whom its gate keeps out.

    What was for fewer people when it was live is still for them alone. Where devices are counted nothing is rewound.
    """
    if not gates.may_watch(viewer, broadcast) or (broadcast.is_on_air and gates.counts_devices(viewer, broadcast)):
        return Replay(broadcast, ())
    recordings = Recording.objects.shown().filter(broadcast=broadcast).order_by("started_at", "pk")
    for recording in (found := list(recordings)):
        recording.broadcast = broadcast
    return Replay(broadcast, tuple(one for one in found if gates.may_watch(viewer, as_it_was(one))))


def get_downloadable_replay(viewer: Viewer, broadcast_id: UUID) -> Replay:
    """For those who run the channel, and for viewers where it lets them. Raises NotWatchable."""
    replay = get_replay(viewer, broadcast_id)
    if not may_download(viewer, replay.broadcast):
        raise NotWatchable(str(broadcast_id))
    return replay


def may_download(viewer: Viewer, broadcast: Broadcast) -> bool:
    return can_edit(viewer, broadcast.channel) or policy_of(broadcast.channel).viewers_may_download


def get_own_broadcast(user: Viewer, broadcast_id: UUID) -> Broadcast:
    """A broadcast for those who run its channel. Raises NotWatchable for everybody else."""
    broadcast = Broadcast.objects.select_related("channel").filter(pk=broadcast_id).first()
    if broadcast is None or not can_edit(user, broadcast.channel):
        raise NotWatchable(str(broadcast_id))
    return broadcast
