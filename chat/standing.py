"""Who somebody is in a channel's chat: role, subscription, how long they have followed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from accounts.models import Block, Channel, ChannelRole, Follow, User
from accounts.roles import CREW, Visitor
from chat.models import Sanction
from chat.perks import BADGE
from monetization.subscriptions import Tenure, tenures_of

Role = ChannelRole.Role
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Standing:
    """What a channel's chat knows of a visitor at a moment."""

    user: User | None = None
    role: ChannelRole.Role | None = None
    tenure: Tenure | None = None
    followed_at: datetime | None = None
    is_blocked: bool = False
    sanction: Sanction | None = None

    @property
    def is_moderator(self) -> bool:
        """Owner, editors, moderators, and who administers the house."""
        return self.user is not None and (self.role in CREW or self.user.is_staff)

    @property
    def is_exempt(self) -> bool:
        """Whom modes don't bind."""
        return self.is_moderator or self.role == Role.VIP

    @property
    def is_chief(self) -> bool:
        """Who may sanction moderators."""
        return self.role == Role.OWNER or (self.user is not None and self.user.is_staff)

    @property
    def is_editor(self) -> bool:
        """Who runs the channel: owner, editors, and who administers the house."""
        return self.is_chief or self.role == Role.EDITOR

    @property
    def is_subscriber(self) -> bool:
        return self.tenure is not None

    def has_perk(self, perk: str) -> bool:
        return self.tenure is not None and perk in self.tenure.perks

    def followed_min(self, now: datetime) -> float | None:
        """For how many minutes somebody has followed; None for who doesn't."""
        return (now - self.followed_at).total_seconds() / 60 if self.followed_at else None

    @property
    def badges(self) -> list[dict[str, object]]:
        """What stands before their name, the weightiest first."""
        badges: list[dict[str, object]] = []
        if self.role is not None:
            badges.append({"kind": "moderator" if self.role == Role.EDITOR else str(self.role)})
        elif self.user is not None and self.user.is_staff:
            badges.append({"kind": "staff"})
        if self.tenure is not None and self.has_perk(BADGE):
            kind = "founder" if self.tenure.is_founder else "subscriber"
            badges.append({"kind": kind, "months": self.tenure.months})
        return badges


STRANGER = Standing()


def standing_of(viewer: Visitor, channel: Channel, now: datetime) -> Standing:
    """Read it all: the moment decides."""
    if not isinstance(viewer, User) or not viewer.is_active:
        return STRANGER
    return _standings([viewer], channel, now)[viewer.pk]


def standings_of(user_ids: Iterable[int], channel: Channel, now: datetime) -> dict[int, Standing]:
    """The same for many at the cost of one. Who may not act any more isn't there."""
    return _standings(list(User.objects.filter(pk__in=list(user_ids), is_active=True)), channel, now)


def _standings(users: list[User], channel: Channel, now: datetime) -> dict[int, Standing]:
    ids = [user.pk for user in users]
    roles = dict(ChannelRole.objects.filter(channel=channel, user__in=ids).values_list("user", "role"))
    follows = dict(Follow.objects.filter(channel=channel, user__in=ids).values_list("user", "created_at"))
    blocked = set(Block.objects.filter(blocker=channel.owner_id, blocked__in=ids).values_list("blocked", flat=True))
    tenures, sanctions = tenures_of(ids, channel, now), _sanctions(ids, channel, now)
    return {
        user.pk: Standing(
            user=user,
            role=Role.OWNER if user.pk == channel.owner_id else _role(roles.get(user.pk)),
            tenure=tenures.get(user.pk),
            followed_at=follows.get(user.pk),
            is_blocked=user.pk in blocked,
            sanction=sanctions.get(user.pk),
        )
        for user in users
    }


def _role(name: str | None) -> ChannelRole.Role | None:
    return Role(name) if name else None


def _sanctions(user_ids: list[int], channel: Channel, now: datetime) -> dict[int, Sanction]:
    """Of each the weightiest: a ban before a timeout before a warning, of timeouts the longest."""
    weights = list(Sanction.Kind)
    rows = Sanction.objects.in_force(now).filter(user__in=user_ids, channel=channel)
    heaviest_last = sorted(rows, key=lambda row: (-weights.index(Sanction.Kind(row.kind)), row.until or _NEVER))
    return {row.user_id: row for row in heaviest_last}
