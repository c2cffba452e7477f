from monetization.models.cards import Card, Customer
from monetization.models.ledger import LedgerAccount, LedgerEntry, LedgerLine
from monetization.models.payments import Payment, Refund
from monetization.models.subscriptions import Subscription
from monetization.models.tips import Tip, TipSettings
from monetization.models.webhooks import WebhookEvent

__all__ = [
    "Card",
    "Customer",
    "LedgerAccount",
    "LedgerEntry",
    "LedgerLine",
    "Payment",
    "Refund",
    "Subscription",
    "Tip",
    "TipSettings",
    "WebhookEvent",
]
