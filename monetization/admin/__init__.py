from monetization.admin import disputes, ledger, payments, payouts, reconciling, rules, subscriptions, tiers

__all__ = ["disputes", "ledger", "payments", "payouts", "reconciling", "rules", "subscriptions", "tiers"]
