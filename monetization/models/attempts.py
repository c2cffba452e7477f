"""What every charge of a card is a row of, whatever it is for."""

from datetime import datetime, timedelta
from typing import ClassVar, Self, TypeVar
from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from monetization.money import Money


class PaymentState(models.TextChoices):
    ASKED = "asked", _("asked")
    ACTION = "action", _("waits for the card's holder")
    PAID = "paid", _("paid")
    FAILED = "failed", _("failed")


_Row = TypeVar("_Row", bound=models.Model)


class AttemptQuerySet(models.QuerySet[_Row]):
    def unsettled(self) -> Self:
        return self.filter(state__in=[PaymentState.ASKED, PaymentState.ACTION])


class Attempt(models.Model):
    """An attempt to take money from a card: `asked` until somebody heard the outcome, and never twice.

    The row is there before the gateway is asked, and its id is the key.
    """

    State = PaymentState
    KEY: ClassVar[str]

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    state = models.CharField(_("state"), max_length=8, choices=PaymentState.choices, default=PaymentState.ASKED)
    customer_id_there = models.CharField(_("customer at the gateway"), max_length=64)
    card_id_there = models.CharField(_("card at the gateway"), max_length=64)
    currency = models.CharField(_("currency"), max_length=3)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    provider_id = models.CharField(_("number at the gateway"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("created"))
    asked_at = models.DateTimeField(_("last asked"))

    class Meta:
        abstract = True

    @classmethod
    def unheard_of(cls, now: datetime, after: timedelta) -> "AttemptQuerySet[Self]":
        """Those of which nothing was heard for longer than it takes."""
        return AttemptQuerySet(cls).unsettled().filter(asked_at__lt=now - after)

    @property
    def key(self) -> str:
        """By which the gateway knows that it was asked before."""
        return f"{self.KEY}-{self.pk}"

    @property
    def has_no_payer_there(self) -> bool:
        """Whether it is charged while its payer isn't on the page to answer their bank."""
        return False

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_paid(self) -> bool:
        return self.state == PaymentState.PAID

    @property
    def there(self) -> str:
        """The number at the gateway of what was charged."""
        return self.provider_id


class Purchase(Attempt):
    """An attempt to buy something, of whatever kind: what follows says the kind's ware (settling.py)."""

    card_label = models.CharField(_("card's name"), max_length=48)
    payer_country = models.CharField(_("payer's country"), max_length=2, blank=True)
    refunded_minor = models.BigIntegerField(_("given back in minor units"), default=0)
    decline_code = models.CharField(_("why it was declined"), max_length=64, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_given_back(self) -> bool:
        """The whole of it."""
        return 0 < self.amount_minor == self.refunded_minor

    @property
    def sold_as(self) -> str:
        """The kind by which its ware is registered."""
        raise NotImplementedError
