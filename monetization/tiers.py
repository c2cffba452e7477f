"""What a channel's owner does with tiers: open, describe, close."""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.errors import NotThere
from accounts.models import Channel, User
from monetization import perks, pricing
from monetization.errors import TierNameTaken, TooManyTiers
from monetization.locking import lock_people
from monetization.models import Tier
from monetization.models.tiers import MOST_OPEN
from monetization.money import Money
from realtime import outbox

CHANGED = "monetization.tier_changed"


def get_tier(channel: Channel, tier_id: int) -> Tier:
    """A tier of a channel that came through its own door. Raises NotThere."""
    tier = Tier.objects.filter(pk=tier_id, channel=channel).prefetch_related("prices").first()
    if tier is None:
        raise NotThere
    return tier


@transaction.atomic
def open_tier(
    *, channel: Channel, by: User, name: str, about: str, perk_codes: Iterable[str], price: Money, now: datetime
) -> Tier:
    """Put a tier on sale. The channel is locked, so that it has no fourth. Raises TooManyTiers, TierNameTaken, or what
    is wrong with its price."""
    pricing.check_price(price)
    _check_room(channel)
    tier = Tier(channel=channel, name=name, about=about, perks=perks.known(perk_codes), opened_at=now)
    _save(tier)
    audit.record(by, "opened tier", channel, tier=tier.pk, name=name)
    pricing.set_price(tier=tier, country="", price=price, by=by, now=now)
    return tier


@transaction.atomic
def change_tier(*, tier: Tier, by: User, name: str, about: str, perk_codes: Iterable[str]) -> Tier:
    """Say something else of a tier; perks come and go at once for those who have it. Raises TierNameTaken."""
    tier = Tier.objects.select_for_update().get(pk=tier.pk)
    had = set(tier.perks)
    tier.name, tier.about, tier.perks = name, about, perks.known(perk_codes)
    _save(tier)
    audit.record(by, "changed tier", tier.channel, tier=tier.pk, name=name, perks=tier.perks)
    if had != set(tier.perks):
        outbox.emit(CHANGED, {"tier": tier.pk, "channel": tier.channel_id})
    return tier


@transaction.atomic
def close_tier(*, tier: Tier, by: User, now: datetime) -> Tier:
    """Sell it to nobody new; who has it keeps it. Harmless when it is closed."""
    tier = Tier.objects.select_for_update().get(pk=tier.pk)
    if tier.is_on_sale:
        tier.closed_at = now
        tier.save(update_fields=["closed_at"])
        audit.record(by, "closed tier", tier.channel, tier=tier.pk)
    return tier


@transaction.atomic
def reopen_tier(*, tier: Tier, by: User) -> Tier:
    """Sell it again. Raises TooManyTiers, TierNameTaken."""
    _check_room(tier.channel)
    tier = Tier.objects.select_for_update().get(pk=tier.pk)
    if not tier.is_on_sale:
        tier.closed_at = None
        _save(tier)
        audit.record(by, "reopened tier", tier.channel, tier=tier.pk)
    return tier


def _check_room(channel: Channel) -> None:
    lock_people(channel.owner_id)
    Channel.objects.select_for_update().get(pk=channel.pk)
    if Tier.objects.on_sale().filter(channel=channel).count() >= MOST_OPEN:
        raise TooManyTiers


def _save(tier: Tier) -> None:
    tier.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            tier.save()
    except IntegrityError:
        raise TierNameTaken from None
