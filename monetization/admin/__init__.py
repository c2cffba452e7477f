from monetization.admin import ledger, payouts, rules, subscriptions, tiers

__all__ = ["ledger", "payouts", "rules", "subscriptions", "tiers"]
