"""What creators are paid, by transfers or by bank batch by batch, and what two administrators put right by hand."""

from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from monetization.banks import validate_bic
from monetization.currencies import CURRENCIES
from monetization.money import Money
from monetization.sealing import seal, unseal

CURRENCY_CHOICES = [(code, code.upper()) for code in CURRENCIES]


class SealedNumber(models.Model):
    """The number of a bank account: in the database it is sealed, for people it is how it ends."""

    class Meta:
        abstract = True

    sealed_number: str
    ends_in: str

    @property
    def number(self) -> str:
        """For the bank's table alone. Raises SealLost."""
        return unseal(self.sealed_number)

    @number.setter
    def number(self, number: str) -> None:
        self.sealed_number, self.ends_in = seal(number), number[-4:]

    @property
    def masked(self) -> str:
        """Enough to know it by."""
        return f"…{self.ends_in}" if self.ends_in else ""


class BankAccount(SealedNumber):
    """Where a creator is paid."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="bank_account", verbose_name=_("person")
    )
    holder = models.CharField(_("account holder"), max_length=70)
    sealed_number = models.TextField(_("IBAN or account number, sealed"), editable=False)
    ends_in = models.CharField(_("its last four"), max_length=4, editable=False)
    bic = models.CharField(_("BIC"), max_length=11, blank=True, validators=[validate_bic])
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        ordering = ["-changed_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.user}: {self.masked}"

    def clean(self) -> None:
        if not self.holder.isprintable():
            raise ValidationError({"holder": _("This is one line of printable text.")})


class PayoutThreshold(models.Model):
    """Below it nobody is paid out by themselves. A currency without a row has the gateway's minimum."""

    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES, unique=True)
    amount_minor = models.PositiveBigIntegerField(_("amount in minor units"))

    class Meta:
        verbose_name = _("payout threshold")
        verbose_name_plural = _("payout thresholds")
        ordering = ["currency"]

    def __str__(self) -> str:
        return str(Money(self.amount_minor, self.currency))


class ConnectedAccount(models.Model):
    """A creator's account with the gateway, to which their money is transferred; one a country they live in."""

    class State(models.TextChoices):
        WANTING = "wanting", _("details are missing")
        PENDING = "pending", _("being checked")
        ACTIVE = "active", _("ready")
        REFUSED = "refused", _("refused")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="connected_accounts", verbose_name=_("person")
    )
    country = models.CharField(_("country"), max_length=2)
    provider_id = models.CharField(_("number at the gateway"), max_length=64, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WANTING)
    due = models.JSONField(_("what is asked for"), default=list, blank=True)
    due_by = models.DateTimeField(_("until"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    checked_at = models.DateTimeField(_("last looked at"))

    class Meta:
        verbose_name = _("connected account")
        verbose_name_plural = _("connected accounts")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "country"], name="one_account_a_country"),
            models.UniqueConstraint(fields=["provider_id"], condition=~Q(provider_id=""), name="one_account_there"),
        ]
        indexes = [models.Index(fields=["checked_at"])]

    def __str__(self) -> str:
        return f"{self.user}: {self.provider_id or self.country}"

    @property
    def key(self) -> str:
        """By which the gateway knows that it was asked before."""
        return f"account-{self.pk}-{int(self.created_at.timestamp())}"


class LeftAccount(models.Model):
    """An account with the gateway of somebody who has left: its number, or where that was never heard the key by which
    it was asked for."""

    key = models.CharField(_("asked for as"), max_length=64, blank=True)
    provider_id = models.CharField(_("number at the gateway"), max_length=64, blank=True)
    left_at = models.DateTimeField(_("its owner left"))
    asked_at = models.DateTimeField(_("last asked"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    refused_as = models.CharField(_("why it was refused"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("account left behind")
        verbose_name_plural = _("accounts left behind")
        ordering = ["-left_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="one_key_left"),
            models.UniqueConstraint(fields=["provider_id"], condition=~Q(provider_id=""), name="one_account_left"),
        ]
        indexes = [models.Index(fields=["left_at"], condition=Q(closed_at=None), name="left_accounts_to_close")]

    def __str__(self) -> str:
        return self.provider_id or self.key


class PayoutBatch(models.Model):
    """Payouts in one currency that go to the operator's bank together."""

    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("made by"),
        help_text=_("Nobody: by the schedule."),
    )
    occasion = models.CharField(_("occasion"), max_length=8, blank=True)
    made_at = models.DateTimeField(_("made"))
    exported_at = models.DateTimeField(_("last exported"), null=True, blank=True)

    class Meta:
        verbose_name = _("payout batch")
        verbose_name_plural = _("payout batches")
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.pk} {self.currency.upper()}"


class PayoutQuerySet(models.QuerySet["Payout"]):
    def under_way(self) -> "PayoutQuerySet":
        """Transfers of which nobody has heard yet."""
        return self.filter(state=Payout.State.MADE, batch=None)


class Payout(SealedNumber):
    """Money on its way to a creator, taken from their balance when the row was made. It says where it goes: by a batch
    to their bank, or by a transfer to their account with the gateway.
    """

    class State(models.TextChoices):
        MADE = "made", _("on its way")
        PAID = "paid", _("paid")
        RETURNED = "returned", _("came back")

    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="payouts", verbose_name=_("creator")
    )
    batch = models.ForeignKey(
        PayoutBatch, models.PROTECT, null=True, blank=True, related_name="payouts", verbose_name=_("payout batch")
    )
    currency = models.CharField(_("currency"), max_length=3)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    returned_minor = models.BigIntegerField(_("came back, in minor units"), default=0)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.MADE)
    holder = models.CharField(_("account holder"), max_length=70, blank=True)
    sealed_number = models.TextField(_("IBAN or account number, sealed"), blank=True, editable=False)
    ends_in = models.CharField(_("its last four"), max_length=4, blank=True, editable=False)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    destination = models.CharField(_("account at the gateway"), max_length=64, blank=True)
    provider_id = models.CharField(_("number at the gateway"), max_length=64, blank=True)
    reference = models.CharField(_("reference"), max_length=80, blank=True)
    occasion = models.CharField(
        _("occasion"), max_length=8, blank=True, help_text=_("The week or month for which it was made by the schedule.")
    )
    made_at = models.DateTimeField(_("made"))
    asked_at = models.DateTimeField(_("last asked"), null=True, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    objects: ClassVar[models.Manager["Payout"]] = PayoutQuerySet.as_manager()

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payouts_are_of_something"),
            models.CheckConstraint(
                condition=Q(returned_minor__gte=0, returned_minor__lte=F("amount_minor")),
                name="no_more_comes_back_than_went",
            ),
            models.CheckConstraint(
                condition=Q(state="made", settled_at__isnull=True) | ~Q(state="made") & Q(settled_at__isnull=False),
                name="payouts_settle_once",
            ),
            models.CheckConstraint(
                condition=Q(batch__isnull=False, destination="") | Q(batch__isnull=True) & ~Q(destination=""),
                name="payouts_go_one_way",
            ),
            models.UniqueConstraint(fields=["provider_id"], condition=~Q(provider_id=""), name="one_payout_there"),
            models.UniqueConstraint(
                fields=["creator", "currency", "occasion"], condition=~Q(occasion=""), name="one_payout_an_occasion"
            ),
        ]
        indexes = [
            models.Index(fields=["creator", "-made_at"]),
            models.Index(fields=["asked_at"], condition=Q(state="made", batch=None), name="transfers_under_way"),
        ]

    def __str__(self) -> str:
        return f"{self.creator}: {self.amount}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def returned(self) -> Money:
        return Money(self.returned_minor, self.currency)

    @property
    def is_transfer(self) -> bool:
        return bool(self.destination)

    @property
    def key(self) -> str:
        """Of its entry in the ledger, and by which the gateway knows that it was asked before."""
        return f"payout-{self.pk}"

    @property
    def message(self) -> str:
        """What the bank is given to write on it."""
        return f"ESTRADE-{self.pk}"


class Adjustment(models.Model):
    """A creator is owed more, or less, because two administrators say so: one proposes, another confirms."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        CONFIRMED = "confirmed", _("confirmed")
        DROPPED = "dropped", _("dropped")

    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="adjustments", verbose_name=_("creator")
    )
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    amount_minor = models.BigIntegerField(
        _("amount in minor units"), help_text=_("What the creator is owed in addition; negative: less.")
    )
    reason = models.CharField(_("reason"), max_length=300)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("adjustment")
        verbose_name_plural = _("adjustments")
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(amount_minor=0), name="adjustments_are_of_something"),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by")),
                name="two_people_adjust",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.creator}: {self.amount}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
