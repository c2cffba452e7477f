"""What the studio's page asks for over its socket when somebody goes live from their browser."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from accounts.models import Channel
from realtime import commands
from realtime.commands import Caller, Payload
from spaces import limits, seating, solos, turn
from spaces.access import get_solo, get_solo_channel
from spaces.errors import NoSfu
from spaces.media_commands import order, read_number, read_sdp
from spaces.seating import Seat
from spaces.settings import is_on

Answer = Mapping[str, Any] | None


def register() -> None:
    commands.register("solo.begin", begin)
    commands.register("solo.resume", resume)
    commands.register("solo.here", here)
    commands.register("solo.stop", stop)
    commands.register("solo.speak", speak)
    commands.register("solo.mute", mute)
    commands.register("solo.show", show)
    commands.register("solo.hide", hide)


def begin(caller: Caller, payload: Payload) -> Answer:
    """{"channel"}: go live, and a seat to do it from. Whoever is live already goes on from this page."""
    channel, now = _channel(caller, payload), timezone.now()
    if not is_on():
        raise NoSfu
    return _take_seat(solos.begin(channel=channel, user=caller.user, now=now))


def resume(caller: Caller, payload: Payload) -> Answer:
    """{"channel"}: go on after the page was away, or opened anew. Raises SoloOver when there is nothing left."""
    channel, now = _channel(caller, payload), timezone.now()
    solo = solos.find(channel, now)
    if solo is None or solo.user != caller.user:
        raise solos.over(channel, caller.user)
    return _take_seat(solos.renew(solo, now))


def _channel(caller: Caller, payload: Payload) -> Channel:
    channel = get_solo_channel(caller.user, payload.get("channel"))
    limits.count("solo", caller.user.pk)
    return channel


def _take_seat(solo: solos.Solo) -> Answer:
    now = timezone.now()
    seat = seating.take(solo.id, solo.user.pk, now.timestamp())
    return {
        "seat": seat.token,
        "here_every_s": seating.HERE_EVERY_S,
        "ice_servers": turn.ice_servers(seat.token, now),
    }


def here(caller: Caller, payload: Payload) -> Answer:
    """{"channel", "seat"}: the page is still there. Answers whether viewers get what it sends."""
    now = timezone.now()
    seat, solo = get_solo(caller.user, payload.get("channel"), payload.get("seat"), now)
    seating.renew(seat, now.timestamp())
    return {"is_on_air": solos.is_on_air(solos.renew(solo, now), now)}


def stop(caller: Caller, payload: Payload) -> Answer:
    """{"channel"}: end it, from whichever page."""
    channel, now = _channel(caller, payload), timezone.now()
    solo = solos.find(channel, now)
    if solo is not None and solo.user == caller.user:
        solos.stop(solo=solo, now=now)
    return None


def speak(caller: Caller, payload: Payload) -> Answer:
    """{"channel", "seat", "of", "sdp", "muted"}: an offer that sends a voice."""
    muted = payload.get("muted") is not False
    order("speak", _seat(caller, payload, "media"), of=read_number(payload), sdp=read_sdp(payload), muted=muted)
    return None


def mute(caller: Caller, payload: Payload) -> Answer:
    """{"channel", "seat", "muted"}."""
    order("mute", _seat(caller, payload, "switch"), muted=payload.get("muted") is not False)
    return None


def show(caller: Caller, payload: Payload) -> Answer:
    """{"channel", "seat", "of", "sdp"}: an offer that sends a picture."""
    order("show", _seat(caller, payload, "media"), of=read_number(payload), sdp=read_sdp(payload))
    return None


def hide(caller: Caller, payload: Payload) -> Answer:
    """{"channel", "seat"}: no picture any more."""
    order("hide", _seat(caller, payload, "switch"))
    return None


def _seat(caller: Caller, payload: Payload, limit: str) -> Seat:
    seat, _solo = get_solo(caller.user, payload.get("channel"), payload.get("seat"), timezone.now())
    limits.count(limit, seat.token)
    return seat
