"""Who leaves without a word, who is made to, and Spaces that nobody leads any more."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts import audit
from accounts.models import User
from spaces import chatting, seating, telling
from spaces.actions.running import end
from spaces.actions.stage import check_leads, lock_live, take_off_stage
from spaces.errors import NotLive
from spaces.models import Part, Space

# A Space that neither host nor co-host is in ends after so long.
LEADERLESS = timedelta(minutes=2)


@transaction.atomic
def remove_person(*, space: Space, user: User, by: User, now: datetime) -> Part:
    """Put somebody out of a Space for good. Raises NotToThem for whom `by` can't lead."""
    space = lock_live(space)
    part = Part.objects.get_or_create(space=space, user=user)[0]
    check_leads(space, by, part)
    if part.role == Part.Role.HOST:
        # Only who administers the house gets here: without its host there is no Space.
        end(space=space, by=by, now=now)
        return part
    part.removed_at = now
    take_off_stage(space, part)
    audit.record(by, "removed from Space", space, user=user.username)
    chatting.recheck_on_commit(space, user.pk)
    transaction.on_commit(lambda: seating.clear(space.pk, user.pk))
    return part


@transaction.atomic
def note_gone(*, space_id: UUID, user_id: int, fell_silent_at: datetime | None = None) -> None:
    """All pages of somebody are gone: their place on the stage is free.

    The host keeps theirs; a hand goes down. Whose pages said nothing any more, since `fell_silent_at`, is back on the
    stage when they come in again soon, unless a host had muted them: by that nobody gets their voice back.
    """
    space = Space.objects.select_related("channel", "host").select_for_update(of=("self",)).filter(pk=space_id).first()
    if space is None:
        return
    part = space.parts.filter(user=user_id, removed_at__isnull=True).exclude(role=Part.Role.HOST).first()
    if part is None:
        return
    if part.is_on_stage:
        take_off_stage(space, part, fell_silent_at=None if part.is_silenced else fell_silent_at)
    else:
        part.hand_raised_at = part.invited_at = None
        part.save()
        telling.tell_hands(space)


def end_leaderless(*, seated: Mapping[UUID, Collection[int]], now: datetime) -> None:
    """End Spaces whose host and co-hosts have all been away for LEADERLESS; `seated` says who is where."""
    for space in Space.objects.live():
        leaders = set(space.parts.filter(role__in=Part.LEADERS).values_list("user", flat=True))
        if leaders & set(seated.get(space.pk, ())):
            Space.objects.filter(pk=space.pk, leaderless_at__isnull=False).update(leaderless_at=None)
        elif space.leaderless_at is None:
            Space.objects.filter(pk=space.pk).update(leaderless_at=now)
        elif now - space.leaderless_at >= LEADERLESS:
            try:
                end(space=space, by=None, now=now)
            except NotLive:
                continue
