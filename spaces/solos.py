"""Going live from the browser: an owner or editor alone in a room, of which the channel's broadcast is made.

To ingest the composed stream is an encoder of the channel's like any other, with its key: what holds for broadcasts
holds for it. Who is live so is kept in Redis, one a channel, for as long as their page is there and GRACE_S longer.
"""

import json
import logging
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid4

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel, User
from accounts.roles import Visitor, can_edit
from realtime import broker
from spaces import orders, seating
from spaces.errors import AnotherEncoder, LiveElsewhere, SoloOver
from streaming.actions import BROWSER, end_broadcast, open_session
from streaming.liveness import is_sending
from streaming.models import Broadcast, IngestSession

log = logging.getLogger(__name__)

GRACE_S = 15.0
_SOLOS, _WHY_KEPT_S = "spaces:solos", 600
# Write a channel's row, or with nothing to write take it away, while it is still that of this id; "" is for none.
_CHANGE = """
local there = redis.call('hget', KEYS[1], ARGV[1])
if (there and cjson.decode(there).id or '') ~= ARGV[2] then return 0 end
if ARGV[3] == '' then redis.call('hdel', KEYS[1], ARGV[1]) else redis.call('hset', KEYS[1], ARGV[1], ARGV[3]) end
return 1
"""
# Why one is over, for its page.
GONE, STOPPED, ENDED, NOT_YOURS, REFUSED = "gone", "stopped", "ended", "not_yours", "refused"
_SAID = {STOPPED: _("The broadcast has ended."), ENDED: _("The broadcast has ended.")}


@dataclass(frozen=True)
class Solo:
    """Somebody who is live from a browser, or about to be."""

    id: UUID
    channel: Channel
    user: User
    began_at: datetime
    until_s: float


def find(channel: Channel, now: datetime) -> Solo | None:
    """Who is live from a browser on this channel."""
    facts = _facts_of(channel)
    solo = _read(channel, facts) if facts else None
    return solo if solo is not None and _is_there(solo, now) else None


def begin(*, channel: Channel, user: User, now: datetime) -> Solo:
    """Be live on a channel; whoever is already goes on.

    Raises LiveElsewhere when somebody else is, AnotherEncoder when something else sends.
    """
    before = _facts_of(channel)
    there = find(channel, now)
    if there is not None and there.user != user:
        raise LiveElsewhere
    if there is not None:
        return renew(there, now)
    _check_free(channel, now)
    solo = Solo(uuid4(), channel, user, now, now.timestamp() + GRACE_S)
    if not _change(channel, before["id"] if before else "", solo):
        # Another page was quicker.
        return begin(channel=channel, user=user, now=now)
    broker.client().delete(_why(channel, user))
    orders.send("sync")
    return solo


def _check_free(channel: Channel, now: datetime) -> None:
    session = open_session(channel)
    if session is not None and not session.is_standby and not _is_ours(session) and is_sending(session, now):
        raise AnotherEncoder
    if Broadcast.objects.on_air().on_channel().placed().filter(channel=channel).exists():
        raise AnotherEncoder


def renew(solo: Solo, now: datetime) -> Solo:
    """Its page is there. Raises SoloOver when it was ended meanwhile."""
    renewed = replace(solo, until_s=now.timestamp() + GRACE_S)
    if not _change(solo.channel, str(solo.id), renewed):
        raise over(solo.channel, solo.user)
    return renewed


def is_on_air(solo: Solo, now: datetime) -> bool:
    """Whether what comes from the browser reaches ingest: that its page is connected is not enough."""
    session = open_session(solo.channel)
    return session is not None and _is_ours(session) and is_sending(session, now)


def stop(*, solo: Solo, now: datetime) -> None:
    """End it, and its broadcast, as its streamer wants."""
    _end(solo, STOPPED, now)


def see_to(now: datetime) -> list[Solo]:
    """End those that are over; which go on."""
    rows = cast("dict[bytes, bytes]", broker.client().hgetall(_SOLOS))
    kept = {int(channel): json.loads(text) for channel, text in rows.items()}
    channels = Channel.objects.select_related("owner").in_bulk(list(kept))
    going_on = []
    for number, facts in kept.items():
        solo = _read(channels[number], facts) if number in channels else None
        if solo is None:
            _take_away(number, facts["id"])
        elif why := _why_over(solo, now):
            _end(solo, why, now)
        else:
            going_on.append(solo)
    _end_left_over({solo.channel.pk for solo in going_on}, now)
    return going_on


def _end_left_over(channels: Collection[int], now: datetime) -> None:
    """Who stops just as the stream begins leaves a broadcast that nobody sends to."""
    ours = IngestSession.objects.filter(encoder=BROWSER)
    on_air = Broadcast.objects.on_air().filter(place="", pk__in=ours.values("broadcast"))
    for broadcast in on_air.exclude(channel__in=channels):
        if _is_sent_by_us(broadcast):
            end_broadcast(broadcast=broadcast, now=now, reason=Broadcast.EndReason.ENDED)


def over(channel: Channel, user: Visitor) -> SoloOver:
    """That somebody's last one here is over, in words that say why."""
    text = cast("bytes | None", broker.client().get(_why(channel, user)))
    why, _colon, number = text.decode().partition(":") if text else (GONE, "", "")
    refusal = channel.refusals.filter(pk=number).first() if number else None
    return SoloOver(refusal.text if refusal else _SAID.get(why, ""))


def _why_over(solo: Solo, now: datetime) -> str:
    if solo.channel.is_suspended or not can_edit(solo.user, solo.channel):
        return NOT_YOURS
    if not _is_there(solo, now):
        return GONE
    ours = _broadcasts(solo)
    if ours.filter(state=Broadcast.State.ENDED, ended_at__gte=solo.began_at).exists():
        return ENDED
    session = open_session(solo.channel)
    # What was said to somebody's OBS meanwhile is nothing to us.
    refusal = solo.channel.refusals.filter(at__gte=_last_sent(solo), encoder=BROWSER).first()
    if refusal is not None and (session is None or not _is_ours(session)):
        return f"{REFUSED}:{refusal.pk}"
    return ""


def _last_sent(solo: Solo) -> datetime:
    """When it was last let in, or cut off: what was refused before that was somebody else's."""
    sessions = IngestSession.objects.filter(encoder=BROWSER, broadcast__in=_broadcasts(solo))
    last = sessions.order_by("-started_at").first()
    return (last.ended_at or last.started_at) if last else solo.began_at


def _is_there(solo: Solo, now: datetime) -> bool:
    """While web is away pages can't say so, but keep their seats."""
    return now.timestamp() < solo.until_s or solo.id in seating.tokens_by_space(now.timestamp())


def _end(solo: Solo, why: str, now: datetime) -> None:
    """Forget it first, so that nothing begins it anew."""
    if not _take_away(solo.channel.pk, str(solo.id)):
        return
    broker.client().set(_why(solo.channel, solo.user), why, ex=_WHY_KEPT_S)
    seating.clear(solo.id)
    reason = Broadcast.EndReason.GRACE_OVER if why == GONE else Broadcast.EndReason.ENDED
    for broadcast in _broadcasts(solo).filter(state__in=Broadcast.ON_AIR):
        if _is_sent_by_us(broadcast):
            end_broadcast(broadcast=broadcast, now=now, reason=reason, by=solo.user if why == STOPPED else None)
    orders.send("sync")
    log.info("live from the browser on %s by %s is over: %s", solo.channel.name, solo.user.username, why)


def _broadcasts(solo: Solo) -> QuerySet[Broadcast]:
    """Those that it sent something to."""
    ours = IngestSession.objects.filter(encoder=BROWSER, started_at__gte=solo.began_at)
    return Broadcast.objects.filter(channel=solo.channel, place="", pk__in=ours.values("broadcast"))


def _is_sent_by_us(broadcast: Broadcast) -> bool:
    """Whatever else sends by now keeps its broadcast."""
    last = broadcast.sessions.order_by("-started_at", "-pk").first()
    return last is not None and _is_ours(last)


def _is_ours(session: IngestSession) -> bool:
    return session.encoder == BROWSER


def _facts_of(channel: Channel) -> dict[str, Any] | None:
    text = cast("bytes | None", broker.client().hget(_SOLOS, str(channel.pk)))
    return cast("dict[str, Any]", json.loads(text)) if text else None


def _change(channel: Channel, before: str, solo: Solo) -> bool:
    """Write who is live in place of this id; whether it was there."""
    facts = {"id": str(solo.id), "user": solo.user.pk, "began": solo.began_at.timestamp(), "until": solo.until_s}
    return bool(broker.client().eval(_CHANGE, 1, _SOLOS, str(channel.pk), before, json.dumps(facts)))


def _take_away(channel: int, before: str) -> bool:
    return bool(broker.client().eval(_CHANGE, 1, _SOLOS, str(channel), before, ""))


def _read(channel: Channel, facts: dict[str, Any]) -> Solo | None:
    user = User.objects.filter(pk=facts["user"]).first()
    if user is None:
        return None
    return Solo(UUID(facts["id"]), channel, user, datetime.fromtimestamp(facts["began"], UTC), facts["until"])


def _why(channel: Channel, user: Visitor) -> str:
    return f"spaces:solo-over:{channel.pk}:{user.pk}"
