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


class AlreadySubscribed(MonetizationError):
    code = "already_subscribed"
    message = _("You subscribe to this channel already.")


class AlreadyOnSale(MonetizationError):
    code = "already_on_sale"
    message = _("Tickets to this event are on sale already.")


class EventIsOver(MonetizationError):
    code = "event_is_over"
    message = _("This event is over or called off: nothing about it can be changed any more.")


class SoldOut(MonetizationError):
    code = "sold_out"
    message = _("All tickets are sold. One may come back when somebody doesn't pay.")


class AlreadyHasTicket(MonetizationError):
    code = "already_has_ticket"
    message = _("You have a ticket already, or are about to pay for one.")


class TooFewPlaces(MonetizationError):
    code = "too_few_places"
    message = _("More tickets than that are sold already.")


class NotInForce(MonetizationError):
    code = "not_in_force"
    message = _("This subscription has nothing to change.")


class InDispute(MonetizationError):
    code = "in_dispute"
    message = _("Your bank looks into a payment of this subscription. Nothing is charged until that is decided.")


class NotGivable(MonetizationError):
    code = "not_givable"
    message = _("This person can’t be given this tier here.")


class NobodyThere(MonetizationError):
    code = "nobody_there"
    message = _("Nobody who could be given a month is here just now. Nothing was charged.")


class GoalInThePast(MonetizationError):
    code = "goal_in_the_past"
    message = _("A goal ends later than now.")


class NothingToRefund(MonetizationError):
    code = "nothing_to_refund"
    message = _("There isn't that much left to give back.")


class RefundRefused(MonetizationError):
    """The gateway did nothing."""

    code = "refund_refused"
    message = _("The payment service didn’t take the refund: nothing has gone back.")


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


class NotReachedThere(MonetizationError):
    code = "not_reached"
    message = _("Nobody is paid by transfer in this country.")


class PaidByTransfer(MonetizationError):
    code = "paid_by_transfer"
    message = _("This goes by transfer: the payment service says what becomes of it.")


class AlreadyPaid(MonetizationError):
    """For this week or month."""

    code = "already_paid"


class NothingToPay(MonetizationError):
    code = "nothing_to_pay"
    message = _("Less is available than is paid out.")


class SealLost(MonetizationError):
    code = "seal_lost"
    message = _("This account number can’t be opened. Put back the secret it was sealed with (BANK_SECRETS).")


class NotExported(MonetizationError):
    code = "not_exported"
    message = _("Export the batch first: the bank has seen nothing of it.")


class NobodyToPay(MonetizationError):
    code = "nobody_to_pay"
    message = _("Nobody is owed as much as is paid out, with a bank account to pay it to.")


class AlreadySettled(MonetizationError):
    code = "already_settled"
    message = _("This is settled already.")


class NoteMissing(MonetizationError):
    code = "note_missing"
    message = _("Say beside the action what it was.")


class ReasonMissing(MonetizationError):
    code = "reason_missing"
    message = _("Say why: whoever bought the ticket is told.")


class NeedsAnother(MonetizationError):
    code = "needs_another"
    message = _("Somebody else must confirm what you proposed.")


class CreatorLeft(MonetizationError):
    code = "creator_left"
    message = _("Its creator has deleted their account: drop it.")


class NotOfferedThere(MonetizationError):
    code = "not_offered"
    message = _("This isn't offered in your country.")
