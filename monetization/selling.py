"""What is sold as subscriptions: months, other tiers for the rest of a month, and months for others."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from monetization import stopping
from monetization.contracts import MONTH
from monetization.gifts import GIFT
from monetization.models import Payment
from monetization.settling import Act, Ware, register
from monetization.switching import SWITCH


def _stopped_by_disputes(ware: Ware) -> Ware:
    return replace(ware, on_disputed=stopping.on_disputed, on_won=stopping.on_won, on_lost=stopping.on_lost)


_MONTH, _SWITCH = _stopped_by_disputes(MONTH), _stopped_by_disputes(SWITCH)


def _ware_of(payment: Payment) -> Ware:
    if hasattr(payment, "gift"):
        return GIFT
    return _SWITCH if hasattr(payment, "tier_switch") else _MONTH


def _hand_on(act_of: Callable[[Ware], Act]) -> Act:
    def act(payment: Payment, now: datetime) -> None:
        act_of(_ware_of(payment))(payment, now)

    return act


def sell() -> None:
    ware = Ware(
        _hand_on(lambda ware: ware.on_paid),
        _hand_on(lambda ware: ware.on_failed),
        _hand_on(lambda ware: ware.on_refunded),
        on_lost=_hand_on(lambda ware: ware.on_lost),
        on_returned=_hand_on(lambda ware: ware.on_returned),
        on_disputed=_hand_on(lambda ware: ware.on_disputed),
        on_won=_hand_on(lambda ware: ware.on_won),
    )
    register(Payment.Kind.SUBSCRIPTION, ware)
