from monetization.admin import ledger, payments, payouts, rules, subscriptions, tickets, tiers

__all__ = ["ledger", "payments", "payouts", "rules", "subscriptions", "tickets", "tiers"]
