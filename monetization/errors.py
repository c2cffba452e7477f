"""What can't be done with money, each in words for whoever tried."""

from django.utils.translation import gettext_lazy as _

from realtime.errors import CommandRefused


class MonetizationError(CommandRefused):
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


class TooLittle(MonetizationError):
    code = "too_little"

    def __init__(self, minimum: object) -> None:
        super().__init__(_("At least %(minimum)s can be paid by card.") % {"minimum": minimum})


class TooMuch(MonetizationError):
    code = "too_much"

    def __init__(self, maximum: object) -> None:
        super().__init__(_("At most %(maximum)s can be paid by card.") % {"maximum": maximum})


class OffStep(MonetizationError):
    code = "off_step"

    def __init__(self, step: object) -> None:
        super().__init__(_("Amounts in this currency are multiples of %(step)s.") % {"step": step})


class TooManyTiers(MonetizationError):
    code = "too_many_tiers"
    message = _("A channel has at most three tiers on sale. Close one first.")


class TierNameTaken(MonetizationError):
    code = "tier_name_taken"
    message = _("There is a tier by that name.")


class NoBankAccount(MonetizationError):
    code = "no_bank_account"
    message = _("There is no bank account to pay to.")


class NobodyToPay(MonetizationError):
    code = "nobody_to_pay"
    message = _("Nobody is owed as much as is paid out, with a bank account to pay it to.")


class AlreadySettled(MonetizationError):
    code = "already_settled"
    message = _("This is settled already.")


class NeedsAnother(MonetizationError):
    code = "needs_another"
    message = _("Somebody else must confirm what you proposed.")


class NotOfferedThere(MonetizationError):
    code = "not_offered"
    message = _("This isn't offered in your country.")
