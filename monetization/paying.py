"""A payment's row, before the gateway is asked, and what its payer may do while it isn't settled."""

from datetime import datetime

from accounts.models import Channel, User
from monetization.errors import GatewayAway, GatewayRefused, NotForSale
from monetization.gateway import open_gateway
from monetization.locking import lock_people
from monetization.models import Card, Customer, JointCharge, Payment
from monetization.models.attempts import Attempt, PaymentState
from monetization.money import Money
from monetization.settling import Bought, ask, settle
from streaming.models import Broadcast


def open_payment(
    *,
    kind: str,
    payer: User,
    channel: Channel,
    amount: Money,
    card: Card,
    now: datetime,
    is_off_session: bool = False,
    joint: JointCharge | None = None,
) -> Payment:
    """The row of an attempt, for the caller to commit. Raises NotForSale when nobody is there to pay or to earn it.

    A caller that locks something else before has locked both.
    """
    if channel.owner is None or len(lock_people(payer.pk, channel.owner.pk)) < 2:
        raise NotForSale
    customer = Customer.objects.get(user=payer)
    return Payment.objects.create(
        kind=kind,
        payer=payer,
        channel=channel,
        creator=channel.owner,
        card=card,
        card_label=str(card),
        customer_id_there=customer.provider_id,
        card_id_there=card.provider_id,
        payer_country=customer.country or card.country,
        broadcast=None if is_off_session else _on_air(channel),
        currency=amount.currency,
        amount_minor=amount.amount_minor,
        is_off_session=is_off_session,
        joint=joint,
        created_at=now,
        asked_at=now,
    )


def _on_air(channel: Channel) -> Broadcast | None:
    """What its own page shows, before what plays elsewhere."""
    rows = Broadcast.objects.on_air().filter(channel=channel)
    return rows.order_by("-is_on_channel", "-started_at").first()


def look_again(row: Bought, now: datetime) -> Bought:
    """How it stands by now, after its payer has been with their bank."""
    return row if row.state in (PaymentState.PAID, PaymentState.FAILED) else ask(row, now)


def secret_of(payment: Attempt) -> str:
    """What the payer's browser needs to have their bank ask them; "" when there is nothing to ask."""
    if payment.state != Payment.State.ACTION:
        return ""
    try:
        charge = open_gateway().find_charge(payment.there)
    except (GatewayAway, GatewayRefused):
        return ""
    return charge.client_secret if charge.state == "action" else ""


def open_joint(*, payer: User, amount: Money, card: Card, now: datetime) -> JointCharge:
    """The row of one charge for several payments, which are to sum to its amount."""
    return JointCharge.objects.create(
        payer=payer,
        customer_id_there=Customer.objects.get(user=payer).provider_id,
        card_id_there=card.provider_id,
        currency=amount.currency,
        amount_minor=amount.amount_minor,
        created_at=now,
        asked_at=now,
    )


def give_up(payment: Attempt, now: datetime) -> None:
    """No longer wait for the card's holder."""
    if payment.state == Payment.State.ACTION:
        settle(open_gateway().cancel_charge(payment.provider_id), now)
