from ads.admin import advertisers, campaigns, charges, rules

__all__ = ["advertisers", "campaigns", "charges", "rules"]
