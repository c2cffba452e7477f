"""On how many devices one person watches what is counted (`gates.Gate.most_devices`).

A device has a lease in Redis, taken and renewed whenever its page asks for an address: without one none is given, so
that a device that lost its lease stops with the address that it has. What makes a device is a number that its browser
keeps. Who wants to watch on one more takes the place of the one that was heard of least lately.
"""

import logging
import re
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from django.utils import timezone
from redis import RedisError

import realtime
from accounts import limits
from accounts.errors import TooMany
from accounts.models import User
from realtime import commands, topics
from realtime.commands import Caller, Payload
from realtime.errors import NotAllowed, TooFast
from realtime.topics import Person
from streaming import gates, live_store
from streaming.access import Viewer, get_watchable_broadcast
from streaming.errors import NotWatchable
from streaming.models import Broadcast

log = logging.getLogger(__name__)

# Pages ask at least each minute; a hidden one may be late.
LEASE_S = 150
# Whoever changes devices more often has many of them take turns.
CHANGES, CHANGES_WITHIN_S = 10, 600
_DEVICE = re.compile(r"[0-9a-f]{16,64}")
_TAKE = """
local now, lease, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('zremrangebyscore', KEYS[1], '-inf', now - lease)
if not redis.call('zscore', KEYS[1], ARGV[4]) then
  local over = redis.call('zcard', KEYS[1]) - most + 1
  if over > 0 and ARGV[5] == '0' then return 0 end
  if over > 0 then redis.call('zpopmin', KEYS[1], over) end
end
redis.call('zadd', KEYS[1], now, ARGV[4])
redis.call('expire', KEYS[1], lease)
return 1
"""


@dataclass(frozen=True)
class DevicesChanged:
    """Who watches where, or who may, is another: pages of this person ask for their state anew."""

    type: str = "devices"


def register() -> None:
    topics.register("devices", _is_oneself)
    commands.register("playback.watch_here", watch_here)
    commands.register("playback.leave", leave)


def _is_oneself(person: Person, key: str) -> bool:
    return bool(person.is_authenticated) and key == str(person.pk)


def tell_on_commit(user_id: int) -> None:
    """Have all pages of somebody ask again what they may watch."""
    realtime.publish_on_commit(f"devices.{user_id}", DevicesChanged())


def place_of(viewer: Viewer, broadcast: Broadcast, device: str, now: datetime) -> str | None:
    """Whether a device of somebody who is let in may play: None where devices aren't counted, "unasked" without one,
    else "held" or "none"."""
    if not isinstance(viewer, User) or not gates.counts_devices(viewer, broadcast):
        return None
    if not _DEVICE.fullmatch(device):
        return "unasked"
    return "held" if take(viewer, broadcast, device, now) else "none"


def take(user: User, broadcast: Broadcast, device: str, now: datetime, *, takes_over: bool = False) -> bool:
    """Take or renew a device's lease; False when all are with others. A Redis that is away keeps nobody out."""
    most_devices = gates.gate_of(broadcast.visibility).most_devices
    if most_devices is None:
        return True
    args = (now.timestamp(), LEASE_S, most_devices(broadcast), device, int(takes_over))
    try:
        return bool(cast(int, live_store.client().eval(_TAKE, 1, _key(user, broadcast), *args)))
    except RedisError as error:
        log.warning("devices of user %s not counted: %s", user.pk, error)
        return True


def drop(user: User, broadcast: Broadcast, device: str) -> None:
    live_store.client().zrem(_key(user, broadcast), device)


def _key(user: User, broadcast: Broadcast) -> str:
    return f"devices:{broadcast.pk}:{user.pk}"


def watch_here(caller: Caller, payload: Payload) -> None:
    """{"broadcast", "device"}: watch on this device, in the place of the one heard of least lately. Raises TooFast."""
    broadcast, device = _asked(caller, payload)
    if _is_too_often("watch-here", caller):
        raise TooFast
    take(caller.user, broadcast, device, timezone.now(), takes_over=True)
    realtime.publish(f"devices.{caller.user.pk}", DevicesChanged())


def leave(caller: Caller, payload: Payload) -> None:
    """{"broadcast", "device"}: this device watches no longer. Where that is said too often, its lease runs out."""
    broadcast, device = _asked(caller, payload)
    if not _is_too_often("leave-device", caller):
        drop(caller.user, broadcast, device)


def _is_too_often(what: str, caller: Caller) -> bool:
    try:
        limits.count(what, caller.user.pk, at_most=CHANGES, within_s=CHANGES_WITHIN_S)
    except TooMany:
        return True
    return False


def _asked(caller: Caller, payload: Payload) -> tuple[Broadcast, str]:
    """What somebody may watch on devices that are counted, and the device. Raises NotAllowed."""
    device = payload.get("device")
    try:
        broadcast = get_watchable_broadcast(caller.user, UUID(str(payload.get("broadcast"))))
    except (NotWatchable, ValueError):
        raise NotAllowed from None
    may = isinstance(caller.user, User) and gates.may_watch(caller.user, broadcast)
    if not may or not isinstance(device, str) or not _DEVICE.fullmatch(device):
        raise NotAllowed
    return broadcast, device
