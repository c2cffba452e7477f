"""What creators are paid by bank, batch by batch, and what two administrators put right by hand."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from monetization.banks import validate_account_number, validate_bic
from monetization.currencies import CURRENCIES
from monetization.money import Money

CURRENCY_CHOICES = [(code, code.upper()) for code in CURRENCIES]


class BankAccount(models.Model):
    """Where a creator is paid."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="bank_account", verbose_name=_("person")
    )
    holder = models.CharField(_("account holder"), max_length=70)
    number = models.CharField(_("IBAN or account number"), max_length=34, validators=[validate_account_number])
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

    @property
    def masked(self) -> str:
        """Enough to know it by."""
        return f"…{self.number[-4:]}"


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


class PayoutBatch(models.Model):
    """Payouts in one currency that go to the operator's bank together."""

    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCY_CHOICES)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made"))
    exported_at = models.DateTimeField(_("last exported"), null=True, blank=True)

    class Meta:
        verbose_name = _("payout batch")
        verbose_name_plural = _("payout batches")
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.pk} {self.currency.upper()}"


class Payout(models.Model):
    """Money on its way to a creator's bank, taken from their balance when the row was made. It says where it goes."""

    class State(models.TextChoices):
        MADE = "made", _("on its way")
        PAID = "paid", _("paid")
        RETURNED = "returned", _("came back")

    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="payouts", verbose_name=_("creator")
    )
    batch = models.ForeignKey(PayoutBatch, models.PROTECT, related_name="payouts", verbose_name=_("payout batch"))
    currency = models.CharField(_("currency"), max_length=3)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.MADE)
    holder = models.CharField(_("account holder"), max_length=70, blank=True)
    number = models.CharField(_("IBAN or account number"), max_length=34, blank=True)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    reference = models.CharField(_("bank's reference"), max_length=80, blank=True)
    made_at = models.DateTimeField(_("made"))
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payouts_are_of_something"),
            models.CheckConstraint(
                condition=Q(state="made", settled_at__isnull=True) | ~Q(state="made") & Q(settled_at__isnull=False),
                name="payouts_settle_once",
            ),
        ]
        indexes = [models.Index(fields=["creator", "-made_at"])]

    def __str__(self) -> str:
        return f"{self.creator}: {self.amount}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

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
