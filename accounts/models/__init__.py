from accounts.models.channels import Channel, ChannelRole, Follow
from accounts.models.house import AuditEntry, Consent, LegalPage, Report, SiteSettings
from accounts.models.users import Block, Notification, User

__all__ = [
    "AuditEntry",
    "Block",
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
