from monetization.admin import ledger, subscriptions

__all__ = ["ledger", "subscriptions"]
