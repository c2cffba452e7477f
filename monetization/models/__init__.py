from monetization.models.ledger import LedgerAccount, LedgerEntry, LedgerLine
from monetization.models.payouts import Adjustment, BankAccount, Payout, PayoutBatch, PayoutThreshold
from monetization.models.people import Residence
from monetization.models.rules import Availability, FeeRule, PaymentKind, TaxRate
from monetization.models.subscriptions import Subscription
from monetization.models.tiers import Tier, TierPrice

__all__ = [
    "Adjustment",
    "Availability",
    "BankAccount",
    "FeeRule",
    "LedgerAccount",
    "LedgerEntry",
    "LedgerLine",
    "PaymentKind",
    "Payout",
    "PayoutBatch",
    "PayoutThreshold",
    "Residence",
    "Subscription",
    "TaxRate",
    "Tier",
    "TierPrice",
]
