from monetization.admin import disputes, ledger, payments, payouts, reconciling, rules, subscriptions, tickets, tiers

__all__ = ["disputes", "ledger", "payments", "payouts", "reconciling", "rules", "subscriptions", "tickets", "tiers"]
