"""Which ad a viewer is offered, if any. Its price is reserved before anything is promised."""

import json
import random
import secrets
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Channel
from accounts.roles import CREW, role_on
from ads import store
from ads.candidates import Candidate, Wishes, known, shuffled
from ads.models import Creative
from ads.offers import SKIP_MS, Offer
from ads.perks import NO_ADS
from ads.rules import house_rules
from ads.viewers import Viewer
from monetization.perks import has_perk
from monetization.whereabouts import creator_country
from streaming.access import Viewer as Person
from streaming.models import Broadcast, Visibility

OFFER_LIFE_MS = 30_000
_KEPT_S = 2 * 3600
# Of one campaign, in one neighbourhood, within an hour.
A_NETWORK = 60
# A break may be filled with so many, and no more.
AT_MOST_IN_A_BREAK = 6


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for an ad: on a channel, in what it shows now."""

    channel: Channel
    broadcast: Broadcast
    format: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What is offered: the signed offer, and what is to be shown."""

    offer: Offer
    creative: Creative
    advertiser: str


def may_see_ads(person: Person, channel: Channel, at: datetime) -> bool:
    """Whether somebody sees ads on a channel at all. Whoever works there, runs the house or has the perk doesn't."""
    if channel.owner_id is None or channel.is_suspended:
        return False
    if person.is_authenticated and (person.is_staff or role_on(person, channel) in CREW):
        return False
    return house_rules().is_on and not has_perk(person, channel, NO_ADS, at)


def decide(*, slot: Slot, viewer: Viewer, now: datetime, rng: random.Random, longest_s: float = 60) -> Decided | None:
    """An offer for a viewer who sees ads, its price reserved; None when there is nothing for them."""
    about = known(now)
    wishes = about.wishes_of(slot.channel)
    if slot.format not in wishes.shows or slot.broadcast.visibility == Visibility.REHEARSAL:
        return None
    fitting = [one for one in about.candidates if _fits(one, slot, longest_s) and _is_welcome(one, wishes)]
    fitting = _under_caps(_for_country(fitting, slot, now), slot, viewer, about.rules.quiet_min, now)
    for candidate in shuffled(fitting, rng):
        creatives = [one for one in candidate.creatives if one.duration_ms <= longest_s * 1000]
        share = about.shares[slot.format]
        decided = _reserve(candidate, rng.choice(creatives), slot, viewer, share, now)
        if decided is not None:
            return decided
    return None


def _fits(one: Candidate, slot: Slot, longest_s: float) -> bool:
    """What needs no question: format, kind, and what the line says of channels, categories and languages."""
    line, broadcast = one.line, slot.broadcast
    return (
        line.format == slot.format
        and any(creative.duration_ms <= longest_s * 1000 for creative in one.creatives)
        # Nobody pays themselves: neither as an advertiser nor through the house's own.
        and one.advertiser.owner_id != slot.channel.owner_id
        and slot.channel.pk not in one.channels_out
        and (not one.channels_in or slot.channel.pk in one.channels_in)
        and (not one.categories or broadcast.category_id in one.categories)
        and (not line.languages or broadcast.language in line.languages)
    )


def _is_welcome(one: Candidate, wishes: Wishes) -> bool:
    return one.advertiser.pk not in wishes.advertisers and one.line.campaign.category_id not in wishes.categories


def _for_country(found: list[Candidate], slot: Slot, now: datetime) -> list[Candidate]:
    """Those of them that are meant for where the streamer lives."""
    if not any(one.line.countries for one in found):
        return found
    country = creator_country(slot.channel.owner, now)
    return [one for one in found if not one.line.countries or country in one.line.countries]


def _under_caps(found: list[Candidate], slot: Slot, viewer: Viewer, quiet_min: int, now: datetime) -> list[Candidate]:
    """None before a stream soon after another. A browser without a key of its own counts as capped already."""
    if not viewer.who:
        found = [one for one in found if not one.line.cap_count]
    if not found:
        return []
    key = viewer.key(now)
    campaigns = [one.line.campaign_id for one in found]
    names = [f"ads:seen:{slot.channel.pk}:{key}", *(f"ads:cap:{pk}:{key}" for pk in campaigns)]
    seen_ms, *counts = store.counts([*names, *(f"ads:net:{pk}:{viewer.network}" for pk in campaigns)])
    if slot.format == "pre" and store.to_ms(now) - seen_ms < quiet_min * 60_000:
        return []
    by_viewer, by_network = counts[: len(found)], counts[len(found) :]
    return [
        one
        for one, own, near in zip(found, by_viewer, by_network, strict=True)
        if (not one.line.cap_count or own < one.line.cap_count) and near < A_NETWORK
    ]


def _reserve(
    one: Candidate, creative: Creative, slot: Slot, viewer: Viewer, share_bp: int, now: datetime
) -> Decided | None:
    line, key = one.line, viewer.key(now)
    offer = Offer(
        o=secrets.token_hex(16),
        l=line.pk,
        n=creative.pk,
        c=slot.channel.pk,
        v=key,
        i=store.to_ms(now),
        d=creative.duration_ms,
        s=SKIP_MS,
        b=share_bp,
    )
    answer = store.reserve(
        offer=offer.id,
        line=line.pk,
        advertiser=one.advertiser.pk,
        slot=f"{slot.format}:{key}",
        price=line.unit_micros,
        now=now,
        life_ms=OFFER_LIFE_MS,
        allowed_today=one.allowed_today(now),
        keep_s=_KEPT_S,
        fields=_fields(one, offer, slot, viewer),
    )
    return Decided(offer, creative, one.advertiser.name) if answer == "ok" else None


def _fields(one: Candidate, offer: Offer, slot: Slot, viewer: Viewer) -> dict[str, object]:
    line, channel = one.line, slot.channel
    facts = {
        "line": line.pk,
        "advertiser": one.advertiser.pk,
        "creative": offer.creative_id,
        "channel": channel.pk,
        "creator": channel.owner_id,
        "broadcast": str(slot.broadcast.pk),
        "format": slot.format,
        "currency": one.advertiser.currency,
        "share_bp": offer.b,
        "network": viewer.network,
    }
    return {
        "line": line.pk,
        "adv": one.advertiser.pk,
        "campaign": line.campaign_id,
        "channel": channel.pk,
        "viewer": offer.v,
        "network": viewer.network,
        "network_cap": A_NETWORK,
        "format": slot.format,
        "model": line.model,
        "duration_ms": offer.d,
        "skip_ms": offer.s,
        "cap_s": line.cap_hours * 3600,
        "facts": json.dumps(facts, separators=(",", ":")),
    }
