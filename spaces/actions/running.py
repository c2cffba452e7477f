"""A Space from its announcement to its end."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import Channel, User
from accounts.roles import can_edit
from monetization.models import TicketedEvent
from spaces import chatting, composing, limits, orders, reminding, seating, telling, tickets
from spaces.errors import ChannelNarrower, NotLive, NotPlanned, NotToThem, OneAtATime
from spaces.models import Audience, Part, Space
from streaming.tags import get_or_make


@dataclass(frozen=True)
class Plan:
    """What a Space is to be."""

    title: str
    about: str = ""
    topics: list[str] = field(default_factory=list)
    language: str = ""
    audience: str = Audience.PUBLIC
    event: TicketedEvent | None = None
    starts_at: datetime | None = None


def plan(*, channel: Channel, host: User, plan: Plan, now: datetime) -> Space:
    """Announce a Space for later. Raises TooOften."""
    limits.count("create", host.pk)
    with transaction.atomic():
        space = _make(channel, host, plan, now)
        audit.record(host, "announced Space", space, channel=channel.name)
    return space


def open_now(*, channel: Channel, host: User, plan: Plan, now: datetime) -> Space:
    """Open a Space at once. Raises TooOften or OneAtATime."""
    limits.count("create", host.pk)
    with transaction.atomic():
        space = _make(channel, host, plan, now)
        _open(space, host, now)
    return space


@transaction.atomic
def open_planned(*, space: Space, by: User, now: datetime) -> Space:
    """Open what was announced. Raises NotPlanned, OneAtATime, or NotToThem for who no longer runs the channel."""
    space = _locked(space)
    if space.state != Space.State.PLANNED:
        raise NotPlanned
    _check_runs(by, space.channel)
    _open(space, by, now)
    return space


@transaction.atomic
def change(*, space: Space, plan: Plan, by: User, now: datetime) -> Space:
    """Change what is said of a Space, and who may come; calendars take it up by its number.

    Whoever may no longer listen leaves, and its stream goes on where they can't have it, on the channel no longer.
    Raises NotPlanned, or NotToThem for what somebody announced who no longer runs the channel.
    """
    space = _locked(space)
    if space.is_over:
        raise NotPlanned
    if not space.is_live:
        # To whom an open one was handed over needn't.
        _check_runs(by, space.channel)
    if plan.starts_at not in (None, space.starts_at) and space.state == Space.State.PLANNED:
        space.starts_at = plan.starts_at
        reminding.tell_anew(space)
    if space.is_live and space.event != plan.event:
        tickets.note_over(space, by, now)
    before = (space.audience, space.event)
    _describe(space, plan)
    if space.is_live:
        tickets.note_begun(space, now)
        if space.audience != Audience.PUBLIC and before != (space.audience, space.event):
            space.is_relayed = False
            composing.follow_audience(space, now)
    space.updated_at, space.sequence = now, space.sequence + 1
    space.save()
    space.topics.set(get_or_make(plan.topics))
    audit.record(by, "changed Space", space)
    telling.tell_stage(space)
    chatting.recheck_on_commit(space)
    return space


@transaction.atomic
def call_off(*, space: Space, by: User | None, now: datetime) -> Space:
    """Call an announced Space off; whoever wanted to be reminded is told. Raises NotPlanned."""
    space = _locked(space)
    if space.state != Space.State.PLANNED:
        raise NotPlanned
    space.state, space.updated_at, space.sequence = Space.State.CANCELLED, now, space.sequence + 1
    space.save(update_fields=["state", "updated_at", "sequence"])
    reminding.tell_anew(space)
    audit.record(by, "called off Space", space)
    return space


@transaction.atomic
def end(*, space: Space, by: User | None, now: datetime) -> Space:
    """End a Space for everybody; without anybody it is the house that does. Raises NotLive."""
    space = _locked(space)
    if not space.is_live:
        raise NotLive
    space.state, space.ended_at, space.updated_at = Space.State.ENDED, now, now
    space.sequence += 1
    space.save(update_fields=["state", "ended_at", "updated_at", "sequence"])
    space.reminders.all().delete()
    tickets.note_over(space, by, now)
    audit.record(by, "ended Space", space)
    telling.tell_stage(space)
    orders.sync_on_commit()
    transaction.on_commit(lambda: seating.clear(space.pk))
    return space


@transaction.atomic
def relay(*, space: Space, is_relayed: bool, by: User) -> Space:
    """Put a Space on its channel as a broadcast, or take it off; for those who run the channel.

    Raises NotLive, NotToThem or ChannelNarrower.
    """
    space = _locked(space)
    if not space.is_live:
        raise NotLive
    if is_relayed and not can_edit(by, space.channel):
        raise NotToThem
    if is_relayed and not composing.may_be_on_channel(space):
        raise ChannelNarrower
    space.is_relayed = is_relayed
    space.save(update_fields=["is_relayed"])
    audit.record(by, "put Space on channel" if is_relayed else "took Space off channel", space)
    telling.tell_stage(space)
    orders.sync_on_commit()
    return space


@transaction.atomic
def record(*, space: Space, is_recorded: bool, by: User) -> Space:
    """Keep what is said from now on, to be heard again afterwards, or no longer; everybody is told by a mark.

    The recording is its channel's, so it is for those who run that. Raises NotToThem or NotLive.
    """
    space = _locked(space)
    if not space.is_live:
        raise NotLive
    if is_recorded and not can_edit(by, space.channel):
        raise NotToThem
    if space.is_recorded != is_recorded:
        space.is_recorded = is_recorded
        space.save(update_fields=["is_recorded"])
        audit.record(by, "recorded Space" if is_recorded else "stopped recording Space", space)
        telling.tell_stage(space)
        orders.sync_on_commit()
    return space


def _make(channel: Channel, host: User, plan: Plan, now: datetime) -> Space:
    starts_at = plan.starts_at or now
    space = Space(channel=channel, host=host, starts_at=starts_at, created_at=now, updated_at=now)
    _describe(space, plan)
    space.save()
    space.topics.set(get_or_make(plan.topics))
    Part.objects.create(space=space, user=host, role=Part.Role.HOST, on_stage_at=now)
    return space


def _describe(space: Space, plan: Plan) -> None:
    space.title, space.about = plan.title, plan.about
    space.language, space.audience = plan.language, plan.audience
    space.event = tickets.event_for(space, plan.event) if plan.audience == Audience.TICKETS else None


def _check_runs(by: User, channel: Channel) -> None:
    if not by.is_staff and (channel.is_suspended or not can_edit(by, channel)):
        raise NotToThem


def _open(space: Space, by: User, now: datetime) -> None:
    Channel.objects.select_for_update().get(pk=space.channel_id)
    if Space.objects.live().filter(channel=space.channel_id).exists():
        raise OneAtATime
    space.state, space.opened_at, space.leaderless_at = Space.State.LIVE, now, now
    space.updated_at, space.sequence = now, space.sequence + 1
    space.save(update_fields=["state", "opened_at", "leaderless_at", "updated_at", "sequence"])
    tickets.note_begun(space, now)
    audit.record(by, "opened Space", space, channel=space.channel.name)
    telling.tell_stage(space)
    orders.sync_on_commit()


def _locked(space: Space) -> Space:
    rows = Space.objects.select_related("channel", "host")
    return rows.select_for_update(of=("self",)).get(pk=space.pk)
