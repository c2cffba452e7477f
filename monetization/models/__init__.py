from monetization.models.ledger import LedgerAccount, LedgerEntry, LedgerLine
from monetization.models.subscriptions import Subscription

__all__ = ["LedgerAccount", "LedgerEntry", "LedgerLine", "Subscription"]
