"""Broadcasts that are sold by the ticket: on which terms, at which prices, and to whom."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from monetization.countries import validate_country
from monetization.currencies import CURRENCIES
from monetization.models.payments import Payment, Refund
from monetization.money import Money
from streaming.models import Broadcast, ScheduledBroadcast

DEVICES = 2
REFUSED_FOR = timedelta(days=1)


class TicketedEventQuerySet(models.QuerySet["TicketedEvent"]):
    def selling(self) -> "TicketedEventQuerySet":
        return self.filter(state=TicketedEvent.State.SELLING)

    def over_before(self, at: datetime) -> "TicketedEventQuerySet":
        """Those that ended before then, by their broadcast or elsewhere, and weren't taken off the air by the house."""
        elsewhere = Q(scheduled__broadcast__isnull=True, ended_elsewhere_at__lte=at)
        ended = Q(scheduled__broadcast__ended_at__lte=at) | elsewhere
        return self.filter(ended).exclude(scheduled__broadcast__end_reason__in=Broadcast.TAKEN_AWAY)


class TicketedEvent(models.Model):
    """An announced broadcast for whoever has a ticket. What its tickets bring is held until it is over."""

    class State(models.TextChoices):
        SELLING = "selling", _("on sale")
        CANCELLED = "cancelled", _("called off")
        RELEASED = "released", _("over, and its money released")

    scheduled = models.OneToOneField(
        ScheduledBroadcast, models.PROTECT, related_name="ticketed", verbose_name=_("scheduled broadcast")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.SELLING)
    capacity = models.PositiveIntegerField(_("tickets there are"), validators=[MinValueValidator(1)])
    sales_start_at = models.DateTimeField(_("sold from"), null=True, blank=True)
    sales_end_at = models.DateTimeField(_("sold until"), null=True, blank=True)
    most_devices = models.PositiveSmallIntegerField(
        _("devices a ticket"), default=DEVICES, validators=[MinValueValidator(1)]
    )
    subscribers_enter_free = models.BooleanField(_("subscribers enter free"), default=False)
    opened_at = models.DateTimeField(_("put on sale"))
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cancelled by"),
    )
    reason = models.CharField(_("why it was cancelled"), max_length=200, blank=True)
    released_at = models.DateTimeField(_("released"), null=True, blank=True)
    began_elsewhere_at = models.DateTimeField(_("began elsewhere"), null=True, blank=True)
    ended_elsewhere_at = models.DateTimeField(
        _("ended elsewhere"), null=True, blank=True, help_text=_("Where it took place otherwise than in a broadcast.")
    )

    objects: ClassVar[models.Manager["TicketedEvent"]] = TicketedEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticketed event")
        verbose_name_plural = _("ticketed events")
        ordering = ["-scheduled__starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(capacity__gt=0, most_devices__gt=0), name="an_event_lets_somebody_in"),
            models.CheckConstraint(
                condition=Q(sales_start_at=None) | Q(sales_end_at=None) | Q(sales_end_at__gt=F("sales_start_at")),
                name="ticket_sales_end_after_start",
            ),
        ]
        indexes = [models.Index(fields=["state"])]

    def __str__(self) -> str:
        return str(self.scheduled)

    @property
    def channel(self) -> Channel:
        return self.scheduled.channel

    @property
    def title(self) -> str:
        return self.scheduled.display_title

    @property
    def reference(self) -> str:
        """Under which the ledger holds what it brings."""
        return f"event:{self.pk}"


class TicketPrice(models.Model):
    """What a ticket costs from a moment on, in a country or wherever no country has a price of its own.

    Rows stay, so that what was paid can be told from them. Without an amount a country's price ends.
    """

    event = models.ForeignKey(TicketedEvent, models.PROTECT, related_name="prices", verbose_name=_("ticketed event"))
    country = models.CharField(
        _("country"), max_length=2, blank=True, validators=[validate_country], help_text=_("Empty: everywhere else.")
    )
    currency = models.CharField(_("currency"), max_length=3, choices=[(code, code.upper()) for code in CURRENCIES])
    amount_minor = models.BigIntegerField(_("amount in minor units"), null=True, blank=True)
    starts_at = models.DateTimeField(_("starts"))

    class Meta:
        verbose_name = _("price of a ticket")
        verbose_name_plural = _("prices of tickets")
        ordering = ["event", "country", "-starts_at", "-pk"]
        indexes = [models.Index(fields=["event", "country", "-starts_at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0) | Q(amount_minor__isnull=True) & ~Q(country=""),
                name="a_ticket_has_a_price_everywhere",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.country} {'–' if self.price is None else self.price}"

    @property
    def price(self) -> Money | None:
        return None if self.amount_minor is None else Money(self.amount_minor, self.currency)


def _asked_for(now: datetime) -> models.QuerySet[Refund]:
    """Refunds of a ticket's payment after which no other one is asked for, so far."""
    refused_lately = Q(state="failed") & (~Q(provider_id="") | Q(settled_at__gt=now - REFUSED_FOR))
    return Refund.objects.filter(Q(state="asked") | refused_lately, payment=OuterRef("payment"))


class TicketQuerySet(models.QuerySet["Ticket"]):
    def seated(self) -> "TicketQuerySet":
        """Those that take one of the event's places."""
        return self.filter(state__in=[Ticket.State.RESERVED, Ticket.State.VALID])

    def valid(self) -> "TicketQuerySet":
        return self.filter(state=Ticket.State.VALID)

    def free(self) -> "TicketQuerySet":
        """Those that cost nothing."""
        return self.filter(payment=None)

    def overdue(self, now: datetime) -> "TicketQuerySet":
        """Reserved for longer than a payment takes."""
        return self.filter(state=Ticket.State.RESERVED, reserved_until__lte=now)

    def to_refund(self, now: datetime) -> "TicketQuerySet":
        """Paid for an event that was cancelled, or too late for a place; nobody has asked for the money back yet.

        What the gateway refused is asked for again a day later. What a card didn't take is for somebody to look at.
        """
        paid_in_vain = Q(state=Ticket.State.LATE) | Q(state=Ticket.State.VALID, event__state="cancelled")
        gone = F("payment__refunded_minor") + F("payment__disputed_minor")
        return self.filter(paid_in_vain, payment__state=Payment.State.PAID, payment__amount_minor__gt=gone).exclude(
            Exists(_asked_for(now))
        )


class Ticket(models.Model):
    """A place at an event: reserved while it is paid for, then somebody's."""

    class State(models.TextChoices):
        RESERVED = "reserved", _("reserved")
        VALID = "valid", _("valid")
        LAPSED = "lapsed", _("not paid")
        LATE = "late", _("paid too late")
        REFUNDED = "refunded", _("given back")

    event = models.ForeignKey(TicketedEvent, models.PROTECT, related_name="tickets", verbose_name=_("ticketed event"))
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="tickets", verbose_name=_("holder")
    )
    payment = models.OneToOneField(
        Payment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="ticket",
        verbose_name=_("payment"),
        help_text=_("Empty: it cost nothing."),
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.RESERVED)
    reserved_until = models.DateTimeField(_("reserved until"))

    objects: ClassVar[models.Manager["Ticket"]] = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "holder"], condition=Q(state__in=["reserved", "valid"]), name="one_ticket_each"
            ),
            models.CheckConstraint(
                condition=Q(payment__isnull=False) | Q(state__in=["valid", "refunded"]),
                name="free_tickets_arent_paid",
            ),
        ]
        indexes = [
            models.Index(fields=["event", "state"]),
            models.Index(fields=["holder", "-id"]),
            models.Index(fields=["reserved_until"], condition=Q(state="reserved"), name="tickets_reserved"),
        ]

    def __str__(self) -> str:
        return f"{self.event}: {self.holder}"
