"""Which ad a viewer is offered, if any. Its price is reserved before anything is promised."""

import json
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Channel
from accounts.roles import CREW, role_on
from ads import store
from ads.candidates import Candidate, Known, Wishes, known, shuffled
from ads.models import Creative
from ads.offers import SKIP_MS, Offer
from ads.perks import NO_ADS
from ads.rules import house_rules
from ads.viewers import Viewer
from monetization.perks import has_perk
from streaming.access import Viewer as Person
from streaming.models import Broadcast, Visibility

OFFER_LIFE_MS = 30_000
_KEPT_S = 2 * 3600
_NO_CAP = 2**31
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


def decide(
    *,
    slot: Slot,
    viewer: Viewer,
    now: datetime,
    rng: random.Random,
    longest_s: float = 60,
    country: Callable[[], str] = str,
) -> Decided | None:
    """An offer for a viewer who sees ads, its price reserved; None when there is nothing for them.

    `country` is asked where a line is meant for some countries alone; it answers "" when nobody knows.
    """
    about = known(now)
    if slot.broadcast.visibility == Visibility.REHEARSAL:
        return None
    fitting = [one for one in _for_place(about, slot) if one.shortest_ms <= longest_s * 1000]
    if not viewer.who:
        # A browser without a key of its own counts as capped already.
        fitting = [one for one in fitting if not one.line.cap_count]
    fitting = _for_country(fitting, country)
    asking = _Asking(slot, viewer, fitting, about, now)
    for candidate in shuffled(fitting, rng):
        creatives = [one for one in candidate.creatives if one.duration_ms <= longest_s * 1000]
        decided = asking.reserve(candidate, rng.choice(creatives))
        if decided is not None or asking.is_quiet:
            return decided
    return None


def _for_place(about: Known, slot: Slot) -> list[Candidate]:
    """What may run in a place, whoever looks: chosen once for all who come within the same few seconds."""
    place = (slot.format, slot.channel.pk, slot.broadcast.category_id, slot.broadcast.language)
    found = about.fitting.get(place)
    if found is None:
        wishes = about.wishes_of(slot.channel)
        shown = about.candidates if slot.format in wishes.shows else ()
        found = about.fitting[place] = [one for one in shown if _fits(one, slot) and _is_welcome(one, wishes)]
    return found


def _fits(one: Candidate, slot: Slot) -> bool:
    """What needs no question: format, kind, and what the line says of channels, categories and languages."""
    line, broadcast = one.line, slot.broadcast
    return (
        line.format == slot.format
        and bool(one.creatives)
        # Nobody pays themselves: neither as an advertiser nor through the house's own.
        and one.advertiser.owner_id != slot.channel.owner_id
        and slot.channel.pk not in one.channels_out
        and (not one.channels_in or slot.channel.pk in one.channels_in)
        and (not one.categories or broadcast.category_id in one.categories)
        and (not line.languages or broadcast.language in line.languages)
    )


def _is_welcome(one: Candidate, wishes: Wishes) -> bool:
    return one.advertiser.pk not in wishes.advertisers and one.line.campaign.category_id not in wishes.categories


def _for_country(found: list[Candidate], country: Callable[[], str]) -> list[Candidate]:
    """Those of them that are meant for where the viewer is."""
    if not any(one.line.countries for one in found):
        return found
    here = country()
    return [one for one in found if not one.line.countries or here in one.line.countries]


class _Asking:
    """One viewer's question for an ad: usually one round trip to Redis, which checks all there is to check."""

    def __init__(self, slot: Slot, viewer: Viewer, candidates: list[Candidate], about: Known, now: datetime) -> None:
        self._slot, self._viewer, self._key = slot, viewer, viewer.key(now)
        self._candidates, self._about, self._now = candidates, about, now
        self._capped: frozenset[int] | None = None
        self.is_quiet = False

    def reserve(self, one: Candidate, creative: Creative) -> Decided | None:
        """Offer this one, unless a cap, a budget or a pace is against it. `is_quiet`: no other need be tried."""
        if self._capped is not None and one.line.campaign_id in self._capped:
            return None
        offer = self._offer(one.line.pk, creative)
        answer = store.reserve(
            offer=offer.id,
            terms=self._terms(one, offer),
            price=one.line.unit_micros,
            now=self._now,
            life_ms=OFFER_LIFE_MS,
            allowed_today=one.allowed_today(self._now),
            keep_s=_KEPT_S,
            quiet_ms=self._about.rules.quiet_min * 60_000 if self._slot.format == "pre" else 0,
            cap_count=one.line.cap_count,
            viewer=self._key,
            network=self._viewer.network,
        )
        self.is_quiet = answer == "quiet"
        if answer == "cap" and self._capped is None:
            self._capped = self._look_for_caps()
        return Decided(offer, creative, one.advertiser.name) if answer == "ok" else None

    def _offer(self, line: int, creative: Creative) -> Offer:
        return Offer(
            id=secrets.token_hex(16),
            viewer=self._key,
            line_id=line,
            creative_id=creative.pk,
            channel_id=self._slot.channel.pk,
            issued_ms=store.to_ms(self._now),
            duration_ms=creative.duration_ms,
            skip_ms=SKIP_MS,
            share_bp=self._about.shares[self._slot.format],
        )

    def _look_for_caps(self) -> frozenset[int]:
        """One is at its cap: of which others that is so too is asked for all at once, not one by one."""
        key, network = self._key, self._viewer.network
        caps: dict[int, int] = {}
        for one in self._candidates:
            campaign, cap = one.line.campaign_id, one.line.cap_count or _NO_CAP
            caps[campaign] = max(caps.get(campaign, 0), cap)
        seen = store.counts([f"ads:cap:{pk}:{key}" for pk in caps] + [f"ads:net:{pk}:{network}" for pk in caps])
        both = zip(caps.items(), seen[: len(caps)], seen[len(caps) :], strict=True)
        return frozenset(pk for (pk, cap), own, near in both if own >= cap or near >= A_NETWORK)

    def _terms(self, one: Candidate, offer: Offer) -> store.Terms:
        """What stays the same from viewer to viewer is put into words once."""
        slot, kept = self._slot, self._about.terms
        about = (one.line.pk, offer.creative_id, slot.channel.pk, slot.broadcast.pk)
        found = kept.get(about)
        if found is None:
            found = kept[about] = _terms_of(one, offer, slot)
        return found


def _terms_of(one: Candidate, offer: Offer, slot: Slot) -> store.Terms:
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
        "share_bp": offer.share_bp,
    }
    # In the order of the scripts.
    told = (
        line.pk,
        one.advertiser.pk,
        line.campaign_id,
        channel.pk,
        slot.format,
        A_NETWORK,
        line.model,
        offer.duration_ms,
        offer.skip_ms,
        line.cap_hours * 3600,
    )
    return store.Terms(" ".join(map(str, told)), json.dumps(facts, separators=(",", ":")).removesuffix("}"))
