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


class GatewayAway(MonetizationError):
    """Nobody knows yet what became of it."""

    code = "gateway_away"
    message = _("The payment service doesn't answer. We keep asking; nothing is charged twice.")


class GatewayRefused(MonetizationError):
    """The gateway did nothing, and says why in a word of its own."""

    code = "gateway_refused"


class ForgedEvent(MonetizationError):
    """Not signed by the gateway."""

    code = "forged_event"


class GatewayDisagrees(MonetizationError):
    """It says another amount than we asked for: a defect, for people to look at."""

    code = "gateway_disagrees"


class NoCard(MonetizationError):
    code = "no_card"
    message = _("Save a card first.")


class CardNotSaved(MonetizationError):
    code = "card_not_saved"
    message = _("The card wasn't saved. Try again, or take another one.")


class NotForSale(MonetizationError):
    code = "not_for_sale"
    message = _("This channel doesn't take that here.")


class OutOfBounds(MonetizationError):
    code = "out_of_bounds"
    message = _("The amount is too small or too large.")


class NothingToRefund(MonetizationError):
    code = "nothing_to_refund"
    message = _("There isn't that much left to give back.")
