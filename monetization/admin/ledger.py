"""The ledger, to be read. What corrects it is an entry that an action posts."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import ReadOnlyAdmin
from monetization.models import LedgerAccount, LedgerEntry, LedgerLine
from monetization.money import Money


def _shown(amount_minor: int, currency: str) -> str:
    return str(Money(amount_minor, currency))


class LineInline(admin.TabularInline):
    model = LedgerLine
    fields = ["account", "amount"]
    readonly_fields = ["account", "amount"]
    extra = 0
    can_delete = False
    ordering = ["pk"]

    @admin.display(description=_("amount"))
    def amount(self, row: LedgerLine) -> str:
        return _shown(row.amount_minor, row.currency)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    """What happened, with what it moved and the rule by which it was split."""

    list_display = ["key", "kind", "source", "posted_at"]
    list_filter = ["kind", "posted_at"]
    search_fields = ["key", "source"]
    date_hierarchy = "posted_at"
    inlines = [LineInline]
    show_full_result_count = False


@admin.register(LedgerAccount)
class LedgerAccountAdmin(ReadOnlyAdmin):
    """Balances that have a bound are kept; the others are the sum of their lines."""

    list_display = ["__str__", "kind", "owner", "currency", "balance"]
    list_filter = ["kind", "currency"]
    list_select_related = ["owner"]
    search_fields = ["owner__username", "reference"]

    @admin.display(description=_("balance"), empty_value="–")
    def balance(self, row: LedgerAccount) -> str | None:
        return _shown(row.balance_minor, row.currency) if row.keeps_balance else None


@admin.register(LedgerLine)
class LedgerLineAdmin(ReadOnlyAdmin):
    """Every line there is."""

    list_display = ["entry", "account", "amount"]
    list_filter = ["account__kind", "currency"]
    list_select_related = ["entry", "account__owner"]
    search_fields = ["entry__key"]
    show_full_result_count = False

    @admin.display(description=_("amount"))
    def amount(self, row: LedgerLine) -> str:
        return _shown(row.amount_minor, row.currency)
