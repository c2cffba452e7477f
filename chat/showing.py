"""What pages are told: messages, rooms, and what somebody may do there."""

from datetime import datetime
from typing import Any

from accounts.hues import hue_of
from accounts.models import User
from chat.models import Audience, Message, Room, Sanction
from chat.models.messages import SAID
from chat.perks import ROOMS
from chat.standing import Standing

_QUOTED = 140


def describe_message(message: Message) -> dict[str, Any]:
    """A line as every page gets it."""
    return {
        "type": "line",
        "seq": message.seq,
        "kind": message.kind,
        "author": describe_person(message.author) if message.author else None,
        "badges": message.badges,
        "text": message.text,
        "reply": _describe_quote(message.reply_to, Audience(message.read_by)),
        "facts": message.facts,
        "at": message.created_at.isoformat(),
        "client_id": str(message.client_id) if message.client_id else None,
    }


def describe_person(user: User) -> dict[str, Any]:
    return {"id": user.pk, "name": user.username, "shown": user.shown_name, "hue": hue_of(user.username)}


def _describe_quote(message: Message | None, reader: Audience) -> dict[str, Any] | None:
    """What a reply answers to; of a deleted message, and of one that was for fewer people, only that there was one."""
    if message is None:
        return None
    if not Audience(message.read_by).holds(reader):
        return {"seq": message.seq, "name": "", "text": "", "is_kept": True}
    is_gone = message.deleted_at is not None or message.kind != SAID or message.author is None
    name = "" if is_gone or message.author is None else message.author.username
    return {"seq": message.seq, "name": name, "text": "" if is_gone else message.text[:_QUOTED]}


def describe_modes(room: Room, now: datetime) -> dict[str, Any]:
    """What is in force in a room, the same for all."""
    subscribers_only = room.subscribers_only_at(now)
    until = room.subscribers_only_until if subscribers_only else None
    return {
        "type": "modes",
        "room": room.pk,
        "name": room.name,
        "read_by": room.read_by,
        "write_by": room.write_by,
        "write_follow_min": room.write_follow_min,
        "slow_s": room.slow_now_s,
        "followers_only_min": room.followers_only_now_min,
        "subscribers_only": subscribers_only,
        "subscribers_only_until": until.isoformat() if until else None,
        "is_emote_only": room.is_emote_only,
        "is_unique": room.is_unique_now,
        "delay_s": room.delay_s,
        "links": room.links,
        "is_raid_defended": room.is_raid_defended,
        "pinned": _describe_pin(room, now),
    }


def _describe_pin(room: Room, now: datetime) -> dict[str, Any] | None:
    pinned = room.pinned
    if pinned is None or pinned.deleted_at is not None or (room.pinned_until and room.pinned_until <= now):
        return None
    if not Audience(pinned.read_by).holds(room.readers_at(now)):
        return None
    until = room.pinned_until.isoformat() if room.pinned_until else None
    name = pinned.author.username if pinned.author else ""
    return {"seq": pinned.seq, "name": name, "text": pinned.text, "until": until}


def describe_sanction(sanction: Sanction) -> dict[str, Any]:
    """What its subject is told: not by whom."""
    until = sanction.until.isoformat() if sanction.until else None
    return {"kind": sanction.kind, "reason": sanction.reason, "until": until}


def describe_standing(standing: Standing) -> dict[str, Any] | None:
    """Who somebody is there, for their own page."""
    if standing.user is None:
        return None
    return describe_person(standing.user) | {
        "is_moderator": standing.is_moderator,
        "is_exempt": standing.is_exempt,
        "is_subscriber": standing.is_subscriber,
        "has_rooms": standing.has_perk(ROOMS),
        "followed_at": standing.followed_at.isoformat() if standing.followed_at else None,
        "is_blocked": standing.is_blocked,
        "sanction": describe_sanction(standing.sanction) if standing.sanction else None,
    }
