"""Cards that people let the gateway keep."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from monetization.errors import CardNotSaved, GatewayRefused, NoCard
from monetization.gateway import CardFacts, Setup, open_gateway
from monetization.models import Card, Customer


def start_saving(user: User) -> Setup:
    """What the browser needs to have a card saved."""
    return open_gateway().start_setup(customer_of(user).provider_id)


def customer_of(user: User) -> Customer:
    """Who somebody is at the gateway; made there when they save their first card."""
    found = Customer.objects.filter(user=user).first()
    if found is not None:
        return found
    made = open_gateway().create_customer(email=user.email, name=user.shown_name)
    row, _ = Customer.objects.get_or_create(user=user, defaults={"provider_id": made})
    return row


def finish_saving(*, user: User, setup_id: str, now: datetime) -> Card:
    """Keep the card that the browser has had saved. Raises CardNotSaved when it wasn't, or not for this person."""
    try:
        setup = open_gateway().find_setup(setup_id)
    except GatewayRefused:
        raise CardNotSaved from None
    if not Customer.objects.filter(user=user, provider_id=setup.customer).exists():
        raise CardNotSaved
    card = keep_saved(setup, now)
    if card is None:
        raise CardNotSaved
    return card


def keep_saved(setup: Setup, now: datetime) -> Card | None:
    """Keep a card that was saved for one of our customers; None when there is none. Harmless when it is kept."""
    customer = Customer.objects.select_related("user").filter(provider_id=setup.customer).first()
    if customer is None or not setup.is_done or not setup.card:
        return None
    known = Card.objects.filter(provider_id=setup.card).first()
    if known is not None:
        return known
    try:
        facts = open_gateway().keep_card(setup.card, customer.provider_id)
    except GatewayRefused:
        return None
    return _add(customer.user, facts, now)


@transaction.atomic
def _add(user: User, facts: CardFacts, now: datetime) -> Card:
    """The newest card is the one that is used first."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    known = Card.objects.filter(provider_id=facts.provider_id).first()
    if known is not None:
        return known
    Card.objects.filter(user=user, is_default=True).update(is_default=False)
    return Card.objects.create(
        user=user,
        provider_id=facts.provider_id,
        brand=facts.brand,
        last4=facts.last4,
        exp_month=facts.exp_month,
        exp_year=facts.exp_year,
        country=facts.country,
        is_default=True,
        added_at=now,
    )


@transaction.atomic
def prefer(card: Card) -> None:
    """Use a card first."""
    User.objects.select_for_update(no_key=True).get(pk=card.user_id)
    Card.objects.filter(user=card.user_id, is_default=True).update(is_default=False)
    Card.objects.filter(pk=card.pk).update(is_default=True)


@transaction.atomic
def set_billing_country(*, user: User, country: str) -> None:
    """Where somebody is billed from now on: it decides what new subscriptions cost. "": where their card is from.

    Raises NoCard and ValidationError.
    """
    customer = Customer.objects.select_for_update().filter(user=user).first()
    if customer is None:
        raise NoCard
    customer.country = country
    customer.full_clean(exclude=["provider_id"])
    customer.save(update_fields=["country"])


def billing_country(user: User, card: Card | None) -> str:
    """The chosen one, or that of the card; "" when neither is known."""
    chosen = Customer.objects.filter(user=user).values_list("country", flat=True).first()
    return chosen or (card.country if card else "")


def remove(card: Card) -> None:
    """Forget a card, here and at the gateway; another one is used first then."""
    open_gateway().drop_card(card.provider_id)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=card.user_id)
        Card.objects.filter(pk=card.pk).delete()
        other = cards_of(card.user).first()
        if other is not None:
            cards_of(card.user).filter(pk=other.pk).update(is_default=True)


def cards_of(user: User) -> QuerySet[Card]:
    """The one that is used first comes first."""
    return Card.objects.filter(user=user)


def card_used_first(user: User) -> Card | None:
    return cards_of(user).filter(is_default=True).first()
