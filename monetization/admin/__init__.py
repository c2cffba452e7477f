from monetization.admin import ledger, payments, subscriptions

__all__ = ["ledger", "payments", "subscriptions"]
