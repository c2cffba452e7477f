"""What the gateway says, in the house's own words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from monetization.money import Money

State = Literal["paid", "action", "pending", "failed"]


@dataclass(frozen=True, slots=True)
class Order:
    """What a card is charged for. `key` is the same however often this is asked."""

    key: str
    payment: str
    amount: Money
    customer: str
    card: str
    is_off_session: bool = False


@dataclass(frozen=True, slots=True)
class Charge:
    """How a payment stands. `payment` is ours; `fee` is unknown until the gateway has settled it.

    `settled` is what came of it, net of the fee, where the gateway keeps it in another currency.
    """

    provider_id: str
    payment: str
    state: State
    amount: Money | None = None
    fee: Money | None = None
    settled: Money | None = None
    client_secret: str = ""
    decline_code: str = ""


@dataclass(frozen=True, slots=True)
class CardFacts:
    provider_id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    country: str


@dataclass(frozen=True, slots=True)
class Setup:
    """A card about to be saved. `client_secret` is for the browser of the customer."""

    provider_id: str
    client_secret: str
    customer: str
    card: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """`refund` is ours, or "" for one that was made at the gateway's own desk.

    `settled` is what it took, and `returned` what came back because it failed, where the gateway keeps it in another
    currency.
    """

    provider_id: str
    refund: str
    payment_there: str
    amount: Money
    state: State
    settled: Money | None = None
    returned: Money | None = None


@dataclass(frozen=True, slots=True)
class DisputeFacts:
    """`asked` while it is a question that costs nothing yet. `fee` is unknown until the gateway has taken it."""

    provider_id: str
    payment_there: str
    amount: Money
    state: Literal["asked", "open", "won", "lost"]
    reason: str = ""
    fee: Money | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """What moved the balance. `about` is the payment, refund or dispute there; `is_whole` where the net is all that
    ever moved for it."""

    about: str
    type: str
    net: Money
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class EventFacts:
    event_id: str
    type: str
    object_id: str
    happened_at: datetime
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something that the gateway wants to know of who is paid. `what` is its own word for it."""

    what: str
    is_theirs: bool


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """Somebody who is paid by transfers. `wanting` while they must say more, `pending` while the gateway checks it."""

    provider_id: str
    state: Literal["active", "wanting", "pending", "refused"]
    due: tuple[Requirement, ...] = ()
    due_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reversal:
    provider_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class TransferFacts:
    """What went to somebody's account with the gateway; `payout` is ours. What came back of it is in `reversals`."""

    provider_id: str
    payout: str
    destination: str
    amount: Money
    reversals: tuple[Reversal, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """What went from somebody's account with the gateway to their own bank, or didn't."""

    provider_id: str
    amount: Money
    has_failed: bool
