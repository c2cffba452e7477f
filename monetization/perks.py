"""What subscribers have of a tier. Who honours a perk registers it in `AppConfig.ready`: none is sold in vain."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.utils.functional import Promise

from accounts.models import Channel, User
from monetization.models import Subscription, Tier


@dataclass(frozen=True, slots=True)
class Perk:
    """`code` stands in rows and must stay the same; `label` and `about` are for people."""

    code: str
    label: str | Promise
    about: str | Promise


_perks: dict[str, Perk] = {}


def register(code: str, label: str | Promise, about: str | Promise) -> None:
    if code in _perks:
        raise ValueError(f"there is a perk {code} already")
    _perks[code] = Perk(code, label, about)


def all_perks() -> list[Perk]:
    return list(_perks.values())


def included(tier: Tier) -> list[Perk]:
    """What a tier comes with, as it is told."""
    return [_perks[code] for code in known(tier.perks)]


def known(codes: Iterable[str]) -> list[str]:
    """Those of them that are perks, in the order in which they are told."""
    wanted = set(codes)
    return [code for code in _perks if code in wanted]


def has_perk(viewer: User | AnonymousUser, channel: Channel, perk: str, at: datetime) -> bool:
    """Whether somebody has a perk on a channel: by a subscription whose tier has it, or by one that was granted."""
    if not viewer.is_authenticated or perk not in _perks:
        return False
    rows = Subscription.objects.running(at).filter(user=viewer, channel=channel)
    return rows.filter(Q(tier=None) | Q(tier__perks__contains=[perk])).exists()


def perks_of(subscription: Subscription) -> frozenset[str]:
    """The perks of a subscription; one without a tier was granted, with all there are."""
    return frozenset(_perks if subscription.tier is None else known(subscription.tier.perks))
