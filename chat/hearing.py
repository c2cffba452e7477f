"""What the outbox brings from below: follows and subscriptions, as lines and as gates that open or shut."""

from django.conf import settings
from django.utils import timezone, translation

from accounts.following import FOLLOWED, UNFOLLOWED
from accounts.models import Channel, User
from chat.actions import open_main_room
from chat.announcing import announce_standing, announce_standings
from chat.lines import add_system_line
from monetization.gifts import GIFTED
from monetization.models import Gift, Subscription, Tip
from monetization.subscriptions import LAPSED, SUBSCRIBED
from monetization.tiers import CHANGED as TIER_CHANGED
from monetization.tips import TIP_PAID, TIP_SHOWN
from realtime import outbox
from realtime.outbox import Payload


def register() -> None:
    outbox.register(FOLLOWED, "chat.followed", on_followed)
    outbox.register(UNFOLLOWED, "chat.unfollowed", on_changed)
    outbox.register(SUBSCRIBED, "chat.subscribed", on_subscribed)
    outbox.register(GIFTED, "chat.gifted", on_gifted)
    outbox.register(LAPSED, "chat.lapsed", on_changed)
    outbox.register(TIP_PAID, "chat.tip_paid", on_tip)
    outbox.register(TIP_SHOWN, "chat.tip_shown", on_tip_shown)
    outbox.register(TIER_CHANGED, "chat.tier_changed", on_tier_changed)


def on_followed(payload: Payload) -> None:
    """Said once a person: who comes and goes doesn't fill the room."""
    _say(payload, "followed", f"followed:{payload['user']}")
    on_changed(payload)


def on_subscribed(payload: Payload) -> None:
    _say(payload, "subscribed", f"subscribed:{payload['subscription']}")
    on_changed(payload)


def on_gifted(payload: Payload) -> None:
    """One line, however many were given a month; who drew one isn't named."""
    gift = Gift.objects.select_related("payment__payer", "tier__channel__owner").get(pk=payload["gift"])
    users, giver = payload["users"], gift.shown_giver
    facts: dict[str, object] = {"tier": gift.tier.name}
    if gift.is_drawn:
        facts["count"] = len(users)
    else:
        facts["other"] = User.objects.get(pk=users[0]).shown_name
    kind = "gifts" if gift.is_drawn else "gift"
    channel = gift.tier.channel
    if not channel.is_suspended:
        person = {"person": giver.shown_name} if giver else {}
        kind = kind if giver else f"{kind}_unnamed"
        add_system_line(open_main_room(channel=channel), timezone.now(), kind, f"gift:{gift.pk}", **person, **facts)
    announce_standings(payload["channel"], users)


def on_changed(payload: Payload) -> None:
    """Somebody's standing is another: what they may not read shuts, what they may opens."""
    announce_standing(payload["channel"], payload["user"])


def on_tip(payload: Payload) -> None:
    """What was given, with the words that came with it unless they are held."""
    tip = _tip(payload)
    words = tip.shown_message
    kind, facts = ("tip_words", {"message": words}) if words else ("tip", {})
    _say_of_tip(payload, tip, kind, f"tip:{tip.pk}", **facts)


def on_tip_shown(payload: Payload) -> None:
    """Words that were held, now that somebody has read them."""
    tip = _tip(payload)
    if tip.shown_message:
        _say_of_tip(payload, tip, "tip_said", f"tip-said:{tip.pk}", message=tip.shown_message)


def _tip(payload: Payload) -> Tip:
    return Tip.objects.select_related("payment__channel__owner", "payment__payer").get(pk=payload["tip"])


def _say_of_tip(payload: Payload, tip: Tip, kind: str, key: str, **facts: object) -> None:
    """Without the name of who gave it without theirs."""
    if not tip.is_anonymous:
        _say(payload, kind, key, amount=_amount(tip), **facts)
    elif not tip.payment.channel.is_suspended:
        room = open_main_room(channel=tip.payment.channel)
        add_system_line(room, timezone.now(), f"{kind}_unnamed", key, amount=_amount(tip), **facts)


def _amount(tip: Tip) -> str:
    """A line is the same for everybody, so it is in the streamer's language."""
    owner = tip.payment.channel.owner
    with translation.override((owner and owner.language) or settings.LANGUAGE_CODE):
        return str(tip.payment.amount)


def on_tier_changed(payload: Payload) -> None:
    """A tier has other perks: everybody who has it is another one than before."""
    rows = Subscription.objects.running(timezone.now()).filter(tier=payload["tier"])
    announce_standings(payload["channel"], rows.values_list("user", flat=True).distinct())


def _say(payload: Payload, kind: str, key: str, **facts: object) -> None:
    channel = Channel.objects.filter(pk=payload["channel"], is_suspended=False).first()
    user = User.objects.filter(pk=payload["user"], is_active=True).first()
    if channel is not None and user is not None:
        add_system_line(open_main_room(channel=channel), timezone.now(), kind, key, person=user.shown_name, **facts)
