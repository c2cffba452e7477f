"""Who somebody is in a channel's chat: role, subscription, how long they have followed."""

from dataclasses import dataclass
from datetime import datetime

from accounts.access import is_blocked
from accounts.following import follow_of
from accounts.models import Channel, ChannelRole, User
from accounts.roles import CREW, Visitor, role_on
from monetization.subscriptions import Tenure, tenure_of

Role = ChannelRole.Role


@dataclass(frozen=True)
class Standing:
    """What a channel's chat knows of a visitor at a moment."""

    user: User | None = None
    role: ChannelRole.Role | None = None
    tenure: Tenure | None = None
    followed_at: datetime | None = None
    is_blocked: bool = False

    @property
    def is_moderator(self) -> bool:
        """Owner, editors, moderators, and who administers the house."""
        return self.user is not None and (self.role in CREW or self.user.is_staff)

    @property
    def is_exempt(self) -> bool:
        """Whom modes don't bind."""
        return self.is_moderator or self.role == Role.VIP

    @property
    def is_subscriber(self) -> bool:
        return self.tenure is not None

    def followed_min(self, now: datetime) -> float | None:
        """For how many minutes somebody has followed; None for who doesn't."""
        return (now - self.followed_at).total_seconds() / 60 if self.followed_at else None

    @property
    def badges(self) -> list[dict[str, object]]:
        """What stands before their name, the weightiest first."""
        badges: list[dict[str, object]] = []
        if self.role in (Role.OWNER, Role.EDITOR, Role.MODERATOR, Role.VIP):
            badges.append({"kind": "moderator" if self.role == Role.EDITOR else str(self.role)})
        elif self.user is not None and self.user.is_staff:
            badges.append({"kind": "staff"})
        if self.tenure is not None:
            kind = "founder" if self.tenure.is_founder else "subscriber"
            badges.append({"kind": kind, "months": self.tenure.months})
        return badges


STRANGER = Standing()


def standing_of(viewer: Visitor, channel: Channel, now: datetime) -> Standing:
    """Read it all: the moment decides."""
    if not isinstance(viewer, User) or not viewer.is_active:
        return STRANGER
    follow = follow_of(viewer, channel)
    return Standing(
        user=viewer,
        role=role_on(viewer, channel),
        tenure=tenure_of(viewer, channel, now),
        followed_at=follow.created_at if follow else None,
        is_blocked=is_blocked(viewer, by=channel.owner),
    )
