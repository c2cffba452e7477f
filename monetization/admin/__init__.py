from monetization.admin import ledger, payments, payouts, rules, subscriptions, tiers

__all__ = ["ledger", "payments", "payouts", "rules", "subscriptions", "tiers"]
