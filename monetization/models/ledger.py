"""The ledger, in double entry. The database itself holds it to its rules (migration `ledger_rules`): the lines of an
entry sum to zero in each currency, nothing is changed or deleted, and what a creator is owed is never below zero.

Amounts are signed: what somebody is owed and what the house earns is positive, what the house has or has spent is
negative. So 5.00 paid of which 3.50 are Alice's are `stripe` -4.67, `fees` -0.33, `payable` +3.50, `income` +1.50.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class LedgerAccount(models.Model):
    """Where money is, or whose it is, in one currency. `owner` is whose it is, where it is somebody's."""

    class Kind(models.TextChoices):
        GATEWAY = "gateway", _("with the gateway")
        FEES = "fees", _("card fees")
        DISPUTES = "disputes", _("disputes and their fees")
        INCOME = "income", _("platform's income")
        PAYABLE = "payable", _("owed to a creator")
        RECEIVABLE = "receivable", _("owed by a creator")
        HELD = "held", _("held for an event")
        AD_POOL = "ad_pool", _("advertisers' prepaid money")
        TAX = "tax", _("tax")
        EXCHANGE = "exchange", _("exchange differences")
        TRANSIT = "transit", _("on its way to a creator")
        BANK = "bank", _("with the bank")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    reference = models.CharField(_("reference"), max_length=64, blank=True, help_text=_("What it is held for."))
    currency = models.CharField(_("currency"), max_length=3)
    keeps_balance = models.BooleanField(
        _("keeps a balance"),
        default=False,
        help_text=_("Kept by the database where a balance has a bound; busy accounts go without."),
    )
    balance_minor = models.BigIntegerField(_("balance in minor units"), default=0)

    class Meta:
        verbose_name = _("ledger account")
        verbose_name_plural = _("ledger accounts")
        ordering = ["kind", "currency", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "owner", "reference", "currency"],
                name="one_ledger_account_each",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["payable", "held"]) | Q(balance_minor__gte=0, keeps_balance=True),
                name="what_is_owed_is_never_below_zero",
            ),
            models.CheckConstraint(
                condition=~Q(kind="receivable") | Q(balance_minor__lte=0, keeps_balance=True),
                name="a_debt_is_never_a_credit",
            ),
        ]

    def __str__(self) -> str:
        whose = self.reference or (self.owner.get_username() if self.owner else "")
        return f"{self.kind}{f':{whose}' if whose else ''}:{self.currency}"


class LedgerEntry(models.Model):
    """One thing that happened to money, once: `key` says which. `source` is what it is about, `rule` how it was split.

    `line_count` is how many lines it has, so that none is added later.
    """

    key = models.CharField(_("key"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=32)
    source = models.CharField(_("source"), max_length=120, blank=True)
    rule = models.JSONField(_("rule"), default=dict, blank=True)
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("creator"),
        help_text=_("Whose earnings it is about, also where nothing of it is theirs."),
    )
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by", verbose_name=_("reverses")
    )
    line_count = models.PositiveSmallIntegerField(_("number of lines"))
    posted_at = models.DateTimeField(_("posted"))

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["-posted_at", "-pk"]
        indexes = [models.Index(fields=["source"]), models.Index(fields=["kind", "posted_at"])]

    def __str__(self) -> str:
        return self.key


class LedgerLine(models.Model):
    """An amount on one account."""

    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="lines", verbose_name=_("ledger entry"))
    account = models.ForeignKey(LedgerAccount, models.PROTECT, related_name="lines", verbose_name=_("ledger account"))
    currency = models.CharField(_("currency"), max_length=3)
    amount_minor = models.BigIntegerField(_("amount in minor units"))

    class Meta:
        verbose_name = _("ledger line")
        verbose_name_plural = _("ledger lines")
        ordering = ["entry", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(amount_minor=0), name="ledger_lines_say_something")]

    def __str__(self) -> str:
        return f"{self.account} {self.amount_minor:+}"
