"""What the roles on a channel may."""

from django.contrib.auth.models import AnonymousUser

from accounts.access import role_on
from accounts.models import Channel, User

CREW = ("owner", "editor", "moderator")
EDITORS = ("owner", "editor")


def is_crew(user: User | AnonymousUser, channel: Channel) -> bool:
    return role_on(user, channel) in CREW


def can_edit(user: User | AnonymousUser, channel: Channel) -> bool:
    return role_on(user, channel) in EDITORS
