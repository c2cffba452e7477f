"""Who may watch what: a gate for each visibility, and the registry in which floors above put theirs.

A channel's crew and the administrators pass every gate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.utils.functional import Promise

from accounts.models import ChannelRole, User
from accounts.roles import CREW, is_crew

if TYPE_CHECKING:
    from streaming.models import Broadcast

Viewer = User | AnonymousUser
MayWatch = Callable[[User, "Broadcast"], bool]
Which = Callable[[User, Sequence["Broadcast"]], set[UUID]]
MostDevices = Callable[["Broadcast"], int]


@dataclass(frozen=True)
class Gate:
    """What one visibility means. Texts are for people: `label` names it, `about` explains it to the streamer,
    `denial` is read by those who are kept out. `most_devices` says on how many devices at a time one person may watch,
    where that is counted; `lives` is for how long addresses are good at least, where that is less than elsewhere."""

    visibility: str
    may_watch: MayWatch
    which: Which
    label: str | Promise
    about: str | Promise
    denial: str | Promise
    is_open: bool
    is_listed: bool
    is_secret: bool
    most_devices: MostDevices | None = None
    lives: timedelta | None = None
    is_choosable: bool = True


_gates: dict[str, Gate] = {}


def register(
    visibility: str,
    may_watch: MayWatch,
    *,
    which: Which | None = None,
    label: str | Promise = "",
    about: str | Promise = "",
    denial: str | Promise = "",
    is_open: bool = False,
    is_listed: bool = True,
    is_secret: bool = False,
    most_devices: MostDevices | None = None,
    lives: timedelta | None = None,
    is_choosable: bool = True,
) -> None:
    """Add a visibility that lets in whom `may_watch` says. Call it in `AppConfig.ready`.

    `which` answers the same for a whole list at the cost of one query; without it lists show no picture of such
    broadcasts. Whoever asks `is_open` gates is let in unasked, by addresses that all viewers share. What isn't
    `is_listed` is found by its address alone; what `is_secret` doesn't exist for those who may not watch it. What isn't
    `is_choosable` follows from something else: the studio offers it only where it holds.
    """
    _gates[visibility] = Gate(
        visibility,
        may_watch,
        which or _none,
        label or visibility,
        about,
        denial,
        is_open,
        is_listed,
        is_secret,
        most_devices,
        lives,
        is_choosable,
    )


def _none(viewer: User, broadcasts: Sequence[Broadcast]) -> set[UUID]:
    return set()


def gate_of(visibility: str) -> Gate:
    """The gate of a visibility; of one that nobody registered any more, a door that is locked."""
    return _gates.get(visibility) or _LOCKED


_LOCKED = Gate("", lambda viewer, broadcast: False, _none, "", "", "", False, False, True)


def all_gates() -> list[Gate]:
    """In the order in which they were registered."""
    return list(_gates.values())


def choices(chosen: str) -> list[Gate]:
    """Those that the studio offers, where this one holds."""
    return [gate for gate in _gates.values() if gate.is_choosable or gate.visibility == chosen]


def listed() -> list[str]:
    """The visibilities that lists and search show."""
    return [gate.visibility for gate in _gates.values() if gate.is_listed]


def passes_all(viewer: Viewer, broadcast: Broadcast) -> bool:
    """Whether somebody is of the crew, or an administrator."""
    return isinstance(viewer, User) and (viewer.is_staff or is_crew(viewer, broadcast.channel))


def may_watch(viewer: Viewer, broadcast: Broadcast) -> bool:
    gate = gate_of(broadcast.visibility)
    if gate.is_open:
        return True
    if not isinstance(viewer, User):
        return False
    return passes_all(viewer, broadcast) or gate.may_watch(viewer, broadcast)


def counts_devices(viewer: Viewer, broadcast: Broadcast) -> bool:
    """Whether somebody whom its gate lets in may watch on so many devices alone."""
    return gate_of(broadcast.visibility).most_devices is not None and not passes_all(viewer, broadcast)


def may_see(viewer: Viewer, broadcast: Broadcast) -> bool:
    """Whether somebody who has its address may know that there is such a broadcast."""
    return not gate_of(broadcast.visibility).is_secret or may_watch(viewer, broadcast)


def may_find(viewer: Viewer, broadcast: Broadcast) -> bool:
    """Whether the page of its channel shows it to this viewer."""
    return gate_of(broadcast.visibility).is_listed or passes_all(viewer, broadcast)


def watchable_among(viewer: Viewer, broadcasts: Sequence[Broadcast]) -> set[UUID]:
    """Those that this viewer may watch; a query for the crew and one a kind of gate, however many there are."""
    open_ones = {one.pk for one in broadcasts if gate_of(one.visibility).is_open}
    gated = [one for one in broadcasts if one.pk not in open_ones]
    if not gated or not isinstance(viewer, User):
        return open_ones
    if viewer.is_staff:
        return open_ones | {one.pk for one in gated}
    channels = {one.channel_id for one in gated}
    crewed = ChannelRole.objects.filter(user=viewer, channel__in=channels, role__in=CREW)
    own = set(crewed.values_list("channel", flat=True))
    passed = {one.pk for one in gated if one.channel_id in own or one.channel.owner_id == viewer.pk}
    for visibility in {one.visibility for one in gated}:
        passed |= gate_of(visibility).which(viewer, [one for one in gated if one.visibility == visibility])
    return open_ones | passed
