"""What people do with money: the use cases, in one place for pages, the admin and tasks."""

from monetization.cards import finish_saving, prefer, remove, set_billing_country, start_saving
from monetization.contracts import cancel, pay_now, resume, subscribe
from monetization.event_ends import cancel_event, release_event
from monetization.paying import give_up, look_again
from monetization.refunding import refund
from monetization.switching import switch
from monetization.ticketing import change_terms, sell_tickets, set_ticket_price
from monetization.tickets import buy_ticket, give_back_ticket
from monetization.tips import drop_words, give_tip, set_tips, show_words

__all__ = [
    "buy_ticket",
    "cancel",
    "cancel_event",
    "change_terms",
    "drop_words",
    "finish_saving",
    "give_back_ticket",
    "give_tip",
    "give_up",
    "look_again",
    "pay_now",
    "prefer",
    "refund",
    "release_event",
    "remove",
    "resume",
    "sell_tickets",
    "set_billing_country",
    "set_ticket_price",
    "set_tips",
    "show_words",
    "start_saving",
    "subscribe",
    "switch",
]
