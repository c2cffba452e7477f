"""What can't be done with money, each in words for whoever tried."""

from django.utils.translation import gettext_lazy as _


class MonetizationError(Exception):
    """`message` is for people, `code` for scripts."""

    code = "money"
    message = _("That can't be paid.")


class UnknownCurrency(MonetizationError):
    code = "unknown_currency"
    message = _("This currency isn't taken here.")


class CurrenciesDiffer(MonetizationError):
    code = "currencies_differ"
    message = _("Amounts of two currencies can't be added.")


class NotAnAmount(MonetizationError):
    code = "not_an_amount"
    message = _("Write an amount as 5 or 4.99.")


class KeyReused(MonetizationError):
    """The same key came with another entry: a defect, never a repetition."""

    code = "key_reused"


class NotEnough(MonetizationError):
    code = "not_enough"
    message = _("The balance is less than that.")
