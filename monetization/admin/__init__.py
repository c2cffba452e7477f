from monetization.admin import (
    disputes,
    gifts,
    ledger,
    payments,
    payouts,
    reconciling,
    rules,
    subscriptions,
    tickets,
    tiers,
)

__all__ = [
    "disputes",
    "gifts",
    "ledger",
    "payments",
    "payouts",
    "reconciling",
    "rules",
    "subscriptions",
    "tickets",
    "tiers",
]
