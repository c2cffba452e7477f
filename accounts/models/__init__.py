from accounts.models.channels import Channel, ChannelRole, Follow
from accounts.models.house import AuditEntry, Consent, LegalPage, Report, SiteSettings
from accounts.models.users import Block, Notification, User
from accounts.models.words import BlockedWord

__all__ = [
    "AuditEntry",
    "Block",
    "BlockedWord",
    "Channel",
    "ChannelRole",
    "Consent",
    "Follow",
    "LegalPage",
    "Notification",
    "Report",
    "SiteSettings",
    "User",
]
