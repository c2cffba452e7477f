"""What people do with money: the use cases, in one place for pages, the admin and tasks."""

from monetization.cards import finish_saving, prefer, remove, set_billing_country, start_saving
from monetization.contracts import cancel, pay_now, resume, subscribe
from monetization.event_ends import cancel_event, release_event
from monetization.free_tickets import take_back_ticket, take_free_ticket
from monetization.gifts import decline as decline_gift
from monetization.gifts import give as give_gift
from monetization.goals import close_goal, set_goal
from monetization.paying import give_up, look_again
from monetization.refunding import refund
from monetization.switching import switch
from monetization.ticketing import change_terms, sell_tickets, set_ticket_price
from monetization.tickets import buy_ticket, give_back_ticket
from monetization.tips import drop_words, give_tip, set_tips, show_words
from monetization.wishes import set_wishes

__all__ = [
    "buy_ticket",
    "cancel",
    "cancel_event",
    "change_terms",
    "close_goal",
    "decline_gift",
    "drop_words",
    "finish_saving",
    "give_back_ticket",
    "give_gift",
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
    "set_goal",
    "set_ticket_price",
    "set_tips",
    "set_wishes",
    "show_words",
    "start_saving",
    "subscribe",
    "switch",
    "take_back_ticket",
    "take_free_ticket",
]
