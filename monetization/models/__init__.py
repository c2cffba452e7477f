from monetization.models.cards import Card, Customer
from monetization.models.contracts import Contract, Period, TierSwitch
from monetization.models.disputes import Dispute
from monetization.models.gifts import Gift, GivenMonth
from monetization.models.goals import TipGoal
from monetization.models.ledger import LedgerAccount, LedgerEntry, LedgerLine
from monetization.models.payments import JointCharge, Payment, Refund
from monetization.models.payouts import (
    Adjustment,
    BankAccount,
    ConnectedAccount,
    LeftAccount,
    Payout,
    PayoutBatch,
    PayoutThreshold,
)
from monetization.models.people import Residence, Wishes
from monetization.models.plans import PayoutPlan, PayoutRun, PayoutSettings
from monetization.models.reconciling import Bookmark, Difference
from monetization.models.rules import Availability, FeeRule, PaymentKind, TaxRate
from monetization.models.subscriptions import Subscription
from monetization.models.tickets import Ticket, TicketedEvent, TicketPrice
from monetization.models.tiers import Tier, TierPrice
from monetization.models.tips import Tip, TipSettings
from monetization.models.webhooks import WebhookEvent

__all__ = [
    "Adjustment",
    "Availability",
    "BankAccount",
    "Bookmark",
    "Card",
    "ConnectedAccount",
    "Contract",
    "Customer",
    "Difference",
    "Dispute",
    "FeeRule",
    "Gift",
    "GivenMonth",
    "JointCharge",
    "LedgerAccount",
    "LedgerEntry",
    "LedgerLine",
    "LeftAccount",
    "Payment",
    "PaymentKind",
    "Payout",
    "PayoutBatch",
    "PayoutPlan",
    "PayoutRun",
    "PayoutSettings",
    "PayoutThreshold",
    "Period",
    "Refund",
    "Residence",
    "Subscription",
    "TaxRate",
    "Ticket",
    "TicketPrice",
    "TicketedEvent",
    "Tier",
    "TierPrice",
    "TierSwitch",
    "Tip",
    "TipGoal",
    "TipSettings",
    "WebhookEvent",
    "Wishes",
]
