"""What the outbox brings, as lines and as gates that open or shut: follows and subscriptions from below, raids.

Whatever else a room is to say comes the same way. A floor below emits its event, a handler here puts what happened into
facts for a kind of `chat.kinds` and calls `_say` with a key of its own, so that an event that comes twice is one line:

    outbox.register(TIP_PAID, "chat.tip_paid", on_tip)

    def on_tip(payload: Payload) -> None:
        _say(payload, "tip", f"tip:{payload['tip']}", amount=...)
"""

from django.utils import timezone

from accounts.following import FOLLOWED, UNFOLLOWED
from accounts.models import Channel, User
from chat.actions import open_main_room
from chat.actions.raids import RAIDED
from chat.announcing import announce_standing
from chat.lines import add_system_line
from chat.models import Raid
from monetization.subscriptions import LAPSED, SUBSCRIBED
from realtime import outbox
from realtime.outbox import Payload


def register() -> None:
    outbox.register(FOLLOWED, "chat.followed", on_followed)
    outbox.register(UNFOLLOWED, "chat.unfollowed", on_changed)
    outbox.register(SUBSCRIBED, "chat.subscribed", on_subscribed)
    outbox.register(LAPSED, "chat.lapsed", on_changed)
    outbox.register(RAIDED, "chat.raid_came", on_raid_came)
    outbox.register(RAIDED, "chat.raid_left", on_raid_left)


def on_followed(payload: Payload) -> None:
    """Said once a person: who comes and goes doesn't fill the room."""
    _say(payload, "followed", f"followed:{payload['user']}")
    on_changed(payload)


def on_subscribed(payload: Payload) -> None:
    _say(payload, "subscribed", f"subscribed:{payload['subscription']}")
    on_changed(payload)


def on_changed(payload: Payload) -> None:
    """Somebody's standing is another: what they may not read shuts, what they may opens."""
    announce_standing(payload["channel"], payload["user"])


def on_raid_came(payload: Payload) -> None:
    raid = Raid.objects.select_related("source", "target").get(pk=payload["raid"])
    facts = {"channel": raid.source.name, "viewers": raid.viewers}
    add_system_line(open_main_room(channel=raid.target), timezone.now(), "raid", f"raid:{raid.pk}", **facts)


def on_raid_left(payload: Payload) -> None:
    raid = Raid.objects.select_related("source", "target").get(pk=payload["raid"])
    facts = {"channel": raid.target.name, "viewers": raid.viewers}
    add_system_line(open_main_room(channel=raid.source), timezone.now(), "raid_out", f"raid:{raid.pk}", **facts)


def _say(payload: Payload, kind: str, key: str, **facts: object) -> None:
    channel = Channel.objects.filter(pk=payload["channel"], is_suspended=False).first()
    user = User.objects.filter(pk=payload["user"], is_active=True).first()
    if channel is not None and user is not None:
        add_system_line(open_main_room(channel=channel), timezone.now(), kind, key, person=user.shown_name, **facts)
