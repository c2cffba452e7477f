"""What a page and Janus say to each other: offers and answers, handed to the conductor once their right is checked.

Janus's own answer comes over the seat's topic: nobody's thread waits for it here. What opens or answers a connection
bears the number `of` that the page gave it, which comes back with what is answered, so that nothing meant for one
connection reaches the next.
"""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from realtime import commands
from realtime.commands import Caller, Payload
from spaces import limits, orders
from spaces.access import get_seat, get_speaking_seat
from spaces.errors import BadPayload, Silenced
from spaces.models import PUBLISHERS
from spaces.seating import Seat

Answer = Mapping[str, Any] | None
LARGEST_SDP = 12 * 1024
LARGEST_NUMBER = 2**53
ANSWERED = ("listen", "watch")


def register() -> None:
    commands.register("space.speak", speak)
    commands.register("space.mute", mute)
    commands.register("space.show", show)
    commands.register("space.hide", hide)
    commands.register("space.listen", listen)
    commands.register("space.watch", watch)
    commands.register("space.prefer", prefer)
    commands.register("space.answer", answer)


def speak(caller: Caller, payload: Payload) -> Answer:
    """{"seat", "of", "sdp", "muted"}: an offer that sends a voice and receives the mix of all others."""
    seat, part = get_speaking_seat(caller.user, payload.get("seat"), timezone.now())
    limits.count("media", seat.token)
    muted = payload.get("muted") is not False or part.is_silenced
    order("speak", seat, of=read_number(payload), sdp=read_sdp(payload), muted=muted)
    return None


def mute(caller: Caller, payload: Payload) -> Answer:
    """{"seat", "muted"}. Whom a host has silenced stays so."""
    seat, part = get_speaking_seat(caller.user, payload.get("seat"), timezone.now())
    muted = payload.get("muted") is not False
    if part.is_silenced and not muted:
        raise Silenced
    limits.count("switch", seat.token)
    order("mute", seat, muted=muted)
    return None


def show(caller: Caller, payload: Payload) -> Answer:
    """{"seat", "of", "sdp"}: an offer that sends video."""
    seat, _part = get_speaking_seat(caller.user, payload.get("seat"), timezone.now())
    limits.count("media", seat.token)
    order("show", seat, of=read_number(payload), sdp=read_sdp(payload))
    return None


def hide(caller: Caller, payload: Payload) -> Answer:
    """{"seat"}: no video any more."""
    seat, _part = get_speaking_seat(caller.user, payload.get("seat"), timezone.now())
    limits.count("switch", seat.token)
    order("hide", seat)
    return None


def listen(caller: Caller, payload: Payload) -> Answer:
    """{"seat", "of"}: an offer of the mix comes for somebody who doesn't speak."""
    seat, _presence = get_seat(caller.user, payload.get("seat"), timezone.now())
    limits.count("media", seat.token)
    order("listen", seat, of=read_number(payload))
    return None


def watch(caller: Caller, payload: Payload) -> Answer:
    """{"seat", "of"}: offers of the videos come from now on, as they are switched on and off."""
    seat, _presence = get_seat(caller.user, payload.get("seat"), timezone.now())
    limits.count("media", seat.token)
    order("watch", seat, of=read_number(payload))
    return None


def prefer(caller: Caller, payload: Payload) -> Answer:
    """{"seat", "large"}: whose pictures are shown large; of all others smaller ones come."""
    seat, _presence = get_seat(caller.user, payload.get("seat"), timezone.now())
    large = payload.get("large")
    if not isinstance(large, list) or len(large) > PUBLISHERS or not all(type(one) is int for one in large):
        raise BadPayload
    limits.count("prefer", seat.token)
    order("prefer", seat, large=large)
    return None


def answer(caller: Caller, payload: Payload) -> Answer:
    """{"seat", "to", "of", "sdp"}: to what was offered by `listen` or `watch`."""
    seat, _presence = get_seat(caller.user, payload.get("seat"), timezone.now())
    if payload.get("to") not in ANSWERED:
        raise BadPayload
    limits.count("answer", seat.token)
    order("answer", seat, to=payload["to"], of=read_number(payload), sdp=read_sdp(payload))
    return None


def order(what: str, seat: Seat, **facts: Any) -> None:
    """Have the conductor do something for a seat."""
    orders.send(what, seat=seat.token, space=str(seat.space), user=seat.user, **facts)


def read_number(payload: Payload) -> int:
    """Which of a page's connections something is about. Raises BadPayload for what is no number."""
    number = payload.get("of", 0)
    if type(number) is not int or not 0 <= number < LARGEST_NUMBER:
        raise BadPayload
    return number


def read_sdp(payload: Payload) -> str:
    """Raises BadPayload for what is no description."""
    sdp = payload.get("sdp")
    if not isinstance(sdp, str) or not sdp.startswith("v=0") or len(sdp) > LARGEST_SDP:
        raise BadPayload
    return sdp
