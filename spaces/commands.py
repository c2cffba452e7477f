"""What a Space's page asks for over its socket: coming in, hands, and what hosts do."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django.utils import timezone

from realtime import commands, publish
from realtime.commands import Caller, Payload
from spaces import actions, composing, hall, limits, orders, seating, telling, turn
from spaces.access import Presence, get_hosted, get_led, get_member, get_presence, get_seat, get_somebody
from spaces.errors import BadPayload, Full, NotLive, TooOften
from spaces.models import Space
from spaces.settings import most_seats

Answer = Mapping[str, Any] | None
Act = Callable[[Presence, Payload], Answer]


def register() -> None:
    commands.register("space.enter", enter)
    commands.register("space.here", here)
    commands.register("space.leave", leave)
    commands.register("space.react", react)
    commands.register("space.attend", attend)
    commands.register("space.depart", depart)
    for name, act in {
        "raise_hand": raise_hand,
        "lower_hand": lower_hand,
        "accept": accept,
        "decline": decline,
        "step_down": step_down,
    }.items():
        commands.register(f"space.{name}", _guarded(get_member, "hand", act))
    for name, act in {
        "invite": invite,
        "dismiss": dismiss,
        "silence": silence,
        "move_down": move_down,
        "remove": remove,
        "lock": lock,
    }.items():
        commands.register(f"space.{name}", _guarded(get_led, "lead", act))
    for name, act in {
        "open": open_planned,
        "end": end,
        "cohost": cohost,
        "hand_over": hand_over,
        "relay": relay,
        "record": record,
    }.items():
        commands.register(f"space.{name}", _guarded(get_hosted, "lead", act))


def _guarded(door: Callable[..., Presence], limit: str, act: Act) -> commands.Handler:
    """A command about {"space"} that is for whom its door lets in, so often."""

    def handle(caller: Caller, payload: Payload) -> Answer:
        presence = door(caller.user, payload.get("space"), timezone.now())
        limits.count(limit, caller.user.pk)
        return act(presence, payload)

    return handle


def enter(caller: Caller, payload: Payload) -> Answer:
    """{"space"}: a seat, what is going on, and by which servers media may go."""
    now = timezone.now()
    presence = get_presence(caller.user, payload.get("space"), now)
    space = presence.space
    if not space.is_live:
        raise NotLive
    limits.count("enter", caller.user.pk or caller.address)
    if presence.user is not None and presence.part is not None and presence.part.dropped_at is not None:
        presence = replace(presence, part=actions.come_back(space=space, user=presence.user, now=now))
    if not presence.is_on_stage and seating.count(space.pk) >= most_seats():
        raise Full
    user = caller.user.pk or 0
    most = limits.MOST_SEATS_OF_USER if user else limits.MOST_SEATS_OF_ADDRESS
    if seating.count_of(user, caller.address) >= most:
        raise TooOften
    seat = seating.take(space.pk, user, now.timestamp(), address=caller.address)
    return {
        "seat": seat.token,
        "here_every_s": seating.HERE_EVERY_S,
        "me": telling.describe_part(presence.part) | {"user": seat.user},
        "room": telling.describe_room(space),
        "ice_servers": turn.ice_servers(seat.token, now),
    }


def here(caller: Caller, payload: Payload) -> Answer:
    """{"seat"}: the page is still there."""
    now = timezone.now()
    seat, _presence = get_seat(caller.user, payload.get("seat"), now)
    seating.renew(seat, now.timestamp())
    return None


def leave(caller: Caller, payload: Payload) -> Answer:
    """{"seat"}: the page goes."""
    seat, _presence = get_seat(caller.user, payload.get("seat"), timezone.now())
    seating.leave(seat)
    return None


def attend(caller: Caller, payload: Payload) -> Answer:
    """{"space"}: hear the composed stream, without a seat; {"space", "token"}: still there."""
    now = timezone.now()
    presence = get_presence(caller.user, payload.get("space"), now)
    space, token = presence.space, payload.get("token")
    if not space.is_live:
        raise NotLive
    who: dict[str, Any] = {"user": caller.user.pk or 0, "address": caller.address}
    if isinstance(token, str) and hall.renew(space.pk, token[:32], now.timestamp(), **who):
        return None
    limits.count("attend", caller.user.pk or caller.address)
    is_composed = composing.is_wanted(space, now)
    _check_place(caller, space, now.timestamp(), is_composed=is_composed)
    token = hall.enter(space.pk, now.timestamp(), **who)
    if not is_composed:
        orders.send("sync")
    return {
        "token": token,
        "here_every_s": hall.HERE_EVERY_S,
        "me": telling.describe_part(presence.part) | {"user": caller.user.pk or 0},
        "room": telling.describe_room(space),
    }


def _check_place(caller: Caller, space: Space, now_s: float, *, is_composed: bool) -> None:
    """Raises TooOften for whoever has enough places, or would have one more Space composed than one address may."""
    user = caller.user.pk or 0
    most = limits.MOST_SEATS_OF_USER if user else limits.MOST_SEATS_OF_ADDRESS
    if hall.count_of(user, caller.address, now_s) >= most:
        raise TooOften
    begun = hall.spaces_of(caller.address, now_s) - {space.pk.hex}
    if not is_composed and len(begun) >= limits.MOST_COMPOSED_FOR_ADDRESS:
        raise TooOften


def depart(caller: Caller, payload: Payload) -> Answer:
    """{"space", "token"}: the page goes."""
    now = timezone.now()
    presence, token = get_presence(caller.user, payload.get("space"), now), payload.get("token")
    if isinstance(token, str):
        who: dict[str, Any] = {"user": caller.user.pk or 0, "address": caller.address}
        hall.leave(presence.space.pk, token[:32], now.timestamp(), **who)
    return None


def react(caller: Caller, payload: Payload) -> Answer:
    """{"seat", "reaction"}: a small picture that rises on everybody's page."""
    seat, presence = get_seat(caller.user, payload.get("seat"), timezone.now())
    limits.count("react", seat.user or seat.token)
    if payload.get("reaction") not in telling.REACTIONS:
        raise BadPayload
    topic = telling.room_topic(presence.space.pk)
    publish(topic, {"type": "reaction", "reaction": payload["reaction"], "user": seat.user})
    return None


def raise_hand(presence: Presence, payload: Payload) -> Answer:
    actions.raise_hand(**_who(presence), now=timezone.now())
    return None


def lower_hand(presence: Presence, payload: Payload) -> Answer:
    actions.lower_hand(**_who(presence))
    return None


def accept(presence: Presence, payload: Payload) -> Answer:
    actions.accept(**_who(presence), now=timezone.now())
    return None


def decline(presence: Presence, payload: Payload) -> Answer:
    actions.decline(**_who(presence))
    return None


def step_down(presence: Presence, payload: Payload) -> Answer:
    actions.step_down(**_who(presence))
    return None


def invite(presence: Presence, payload: Payload) -> Answer:
    """{"space", "user"}."""
    actions.invite(**_whom(presence, payload), now=timezone.now())
    return None


def dismiss(presence: Presence, payload: Payload) -> Answer:
    """{"space", "user"}: their hand goes down, and an invitation is withdrawn."""
    user = get_somebody(presence.space, payload.get("user"))
    actions.lower_hand(space=presence.space, user=user)
    actions.decline(space=presence.space, user=user)
    return None


def silence(presence: Presence, payload: Payload) -> Answer:
    """{"space", "user", "silenced"}."""
    actions.silence(**_whom(presence, payload), is_silenced=payload.get("silenced") is not False)
    return None


def move_down(presence: Presence, payload: Payload) -> Answer:
    """{"space", "user"}."""
    actions.move_down(**_whom(presence, payload))
    return None


def remove(presence: Presence, payload: Payload) -> Answer:
    """{"space", "user"}."""
    actions.remove_person(**_whom(presence, payload), now=timezone.now())
    return None


def lock(presence: Presence, payload: Payload) -> Answer:
    """{"space", "locked"}."""
    is_locked = payload.get("locked") is not False
    actions.lock_stage(space=presence.space, is_locked=is_locked, by=_who(presence)["user"])
    return None


def open_planned(presence: Presence, payload: Payload) -> Answer:
    actions.open_planned(space=presence.space, by=_who(presence)["user"], now=timezone.now())
    return None


def end(presence: Presence, payload: Payload) -> Answer:
    actions.end(space=presence.space, by=_who(presence)["user"], now=timezone.now())
    return None


def cohost(presence: Presence, payload: Payload) -> Answer:
    """{"space", "user", "cohost"}."""
    actions.set_cohost(**_whom(presence, payload), is_cohost=payload.get("cohost") is not False)
    return None


def hand_over(presence: Presence, payload: Payload) -> Answer:
    """{"space", "user"}."""
    actions.hand_over(**_whom(presence, payload))
    return None


def relay(presence: Presence, payload: Payload) -> Answer:
    """{"space", "relayed"}: have it on the channel as a broadcast too, or no longer."""
    is_relayed = payload.get("relayed") is not False
    actions.relay(space=presence.space, is_relayed=is_relayed, by=_who(presence)["user"])
    return None


def record(presence: Presence, payload: Payload) -> Answer:
    """{"space", "recorded"}: keep what is said from now on, or no longer."""
    is_recorded = payload.get("recorded") is not False
    actions.record(space=presence.space, is_recorded=is_recorded, by=_who(presence)["user"])
    return None


def _who(presence: Presence) -> dict[str, Any]:
    assert presence.user is not None
    return {"space": presence.space, "user": presence.user}


def _whom(presence: Presence, payload: Payload) -> dict[str, Any]:
    """Whom an act is about, and who does it."""
    space: Space = presence.space
    return {"space": space, "user": get_somebody(space, payload.get("user")), "by": presence.user}
