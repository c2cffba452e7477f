"""Who is on the stage. Each action locks the Space's row, so that two hosts never disagree about the last place."""

import contextlib
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.access import is_blocked
from accounts.models import User
from accounts.roles import can_edit
from spaces import orders, telling
from spaces.errors import NotInvited, NotLive, NotToThem, SpeakersOnly, StageFull, StageLocked
from spaces.models import MOST_COHOSTS, MOST_SPEAKERS, Part, Space

Role = Part.Role
_MOST = {Role.COHOST: MOST_COHOSTS, Role.SPEAKER: MOST_SPEAKERS}


@transaction.atomic
def raise_hand(*, space: Space, user: User, now: datetime) -> Part:
    """Ask to speak. Raises StageLocked."""
    space = lock_live(space)
    part = _part_of(space, user)
    if part.is_on_stage:
        return part
    if space.is_locked:
        raise StageLocked
    part.hand_raised_at = part.hand_raised_at or now
    _save(space, part, stage=False)
    return part


@transaction.atomic
def lower_hand(*, space: Space, user: User) -> Part:
    """Ask no longer; a host lowers others' hands by the same."""
    space = lock_live(space)
    part = _part_of(space, user)
    part.hand_raised_at = None
    _save(space, part, stage=False)
    return part


@transaction.atomic
def invite(*, space: Space, user: User, by: User, now: datetime) -> Part:
    """Invite somebody to the stage; whose hand is up is there at once. Raises StageFull or NotToThem."""
    space = lock_live(space)
    part = _part_of(space, user)
    if part.removed_at is not None or is_blocked(user, by=space.host):
        raise NotToThem
    if part.is_on_stage:
        return part
    if part.hand_raised_at is not None:
        _put_on_stage(space, part, now)
    else:
        part.invited_at = now
        _save(space, part, stage=False)
    audit.record(by, "invited to stage", space, user=user.username)
    return part


@transaction.atomic
def accept(*, space: Space, user: User, now: datetime) -> Part:
    """Follow an invitation. Raises NotInvited or StageFull."""
    space = lock_live(space)
    part = _part_of(space, user)
    if part.is_on_stage:
        return part
    if part.invited_at is None:
        raise NotInvited
    _put_on_stage(space, part, now)
    return part


@transaction.atomic
def come_back(*, space: Space, user: User, now: datetime) -> Part:
    """Somebody whose pages had fallen silent comes in again: they are back where they were, if there is still room."""
    space = lock_live(space)
    part = _part_of(space, user)
    role = Role(part.role_on_return(now))
    part.dropped_as, part.dropped_at = "", None
    if not part.is_on_stage and role in _MOST:
        for wanted in (role, Role.SPEAKER):
            with contextlib.suppress(StageFull):
                _put_on_stage(space, part, now, wanted)
                return part
    _save(space, part, stage=False)
    return part


@transaction.atomic
def decline(*, space: Space, user: User) -> Part:
    """Don't follow an invitation; a host withdraws it by the same."""
    space = lock_live(space)
    part = _part_of(space, user)
    part.invited_at = None
    _save(space, part, stage=False)
    return part


@transaction.atomic
def step_down(*, space: Space, user: User) -> Part:
    """Leave the stage and listen. The host hands over or ends instead. Raises SpeakersOnly or NotToThem."""
    space = lock_live(space)
    part = _part_of(space, user)
    if not part.is_on_stage:
        raise SpeakersOnly
    if part.role == Role.HOST:
        raise NotToThem
    take_off_stage(space, part)
    return part


@transaction.atomic
def move_down(*, space: Space, user: User, by: User) -> Part:
    """Send somebody back among the listeners. Raises NotToThem for whom `by` can't lead."""
    space = lock_live(space)
    part = _part_of(space, user)
    check_leads(space, by, part)
    if part.role == Role.HOST:
        raise NotToThem
    if part.is_on_stage:
        take_off_stage(space, part)
        audit.record(by, "moved off stage", space, user=user.username)
    return part


@transaction.atomic
def silence(*, space: Space, user: User, is_silenced: bool, by: User) -> Part:
    """Mute somebody until a host gives them their voice back: Janus drops what their page sends."""
    space = lock_live(space)
    part = _part_of(space, user)
    check_leads(space, by, part)
    if not part.is_on_stage:
        raise SpeakersOnly
    part.is_silenced = is_silenced
    _save(space, part, stage=True)
    audit.record(by, "muted speaker" if is_silenced else "unmuted speaker", space, user=user.username)
    orders.send_on_commit("silence", space=str(space.pk), user=user.pk, is_silenced=is_silenced)
    return part


@transaction.atomic
def set_cohost(*, space: Space, user: User, is_cohost: bool, by: User) -> Part:
    """Make a speaker a co-host, or a co-host a speaker. Raises SpeakersOnly, StageFull or NotToThem."""
    space = lock_live(space)
    part = _part_of(space, user)
    if part.role == Role.HOST:
        raise NotToThem
    if not part.is_on_stage:
        raise SpeakersOnly
    wanted = Role.COHOST if is_cohost else Role.SPEAKER
    if part.role != wanted:
        _check_room(space, wanted)
        part.role = wanted
        _save(space, part, stage=True)
        audit.record(by, f"made {wanted.value} of Space", space, user=user.username)
    return part


@transaction.atomic
def lock_stage(*, space: Space, is_locked: bool, by: User) -> Space:
    """Nobody raises a hand any more, or they may again."""
    space = lock_live(space)
    space.is_locked = is_locked
    space.save(update_fields=["is_locked"])
    audit.record(by, "locked stage" if is_locked else "unlocked stage", space)
    telling.tell_stage(space)
    return space


@transaction.atomic
def hand_over(*, space: Space, user: User, by: User) -> Space:
    """Make somebody on the stage the host; the former host becomes what they were. Raises SpeakersOnly.

    With one who doesn't run the channel it leaves that, and recording stops.
    """
    space = lock_live(space)
    heir = _part_of(space, user)
    if not heir.is_on_stage:
        raise SpeakersOnly
    if heir.role == Role.HOST:
        return space
    former, freed = space.parts.get(role=Role.HOST), heir.role
    former.role = freed
    former.save(update_fields=["role"])
    heir.role, heir.is_silenced = Role.HOST, False
    space.host = user
    if not can_edit(user, space.channel):
        space.is_relayed = space.is_recorded = False
    space.save(update_fields=["host", "is_relayed", "is_recorded"])
    _save(space, heir, stage=True)
    telling.tell_part(former)
    orders.send_on_commit("silence", space=str(space.pk), user=user.pk, is_silenced=False)
    audit.record(by, "handed Space over", space, user=user.username)
    return space


def lock_live(space: Space) -> Space:
    """The Space, locked. Raises NotLive."""
    rows = Space.objects.select_related("channel", "host").select_for_update(of=("self",))
    space = rows.get(pk=space.pk)
    if not space.is_live:
        raise NotLive
    return space


def check_leads(space: Space, by: User, part: Part) -> None:
    """Hosts lead all others, co-hosts the speakers and listeners, and who administers the house everybody."""
    own = space.parts.filter(user=by).first()
    if by.pk == part.user_id and not by.is_staff:
        raise NotToThem
    if by.is_staff or by.pk == space.host_id:
        return
    if own is None or own.role != Role.COHOST or part.is_leader:
        raise NotToThem


def take_off_stage(space: Space, part: Part, *, fell_silent_at: datetime | None = None) -> None:
    """Back among the listeners, their media taken away; who only fell silent may come back."""
    part.dropped_as, part.dropped_at = (part.role, fell_silent_at) if fell_silent_at else ("", None)
    part.role, part.on_stage_at, part.is_silenced = Role.LISTENER, None, False
    part.hand_raised_at = part.invited_at = None
    _save(space, part, stage=True)
    orders.off_stage_on_commit(space.pk, part.user_id)


def _put_on_stage(space: Space, part: Part, now: datetime, role: Part.Role = Role.SPEAKER) -> None:
    _check_room(space, role)
    part.role, part.on_stage_at, part.is_silenced = role, now, False
    part.hand_raised_at = part.invited_at = None
    part.dropped_as, part.dropped_at = "", None
    _save(space, part, stage=True)


def _check_room(space: Space, role: Part.Role) -> None:
    if space.parts.filter(role=role).count() >= _MOST[role]:
        raise StageFull


def _part_of(space: Space, user: User) -> Part:
    """Somebody's row; nobody has one before they need it."""
    return Part.objects.get_or_create(space=space, user=user)[0]


def _save(space: Space, part: Part, *, stage: bool) -> None:
    part.save()
    telling.tell_part(part)
    telling.tell_hands(space)
    if stage:
        telling.tell_stage(space)
