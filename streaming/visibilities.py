"""The visibilities that streaming itself knows."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import Follow, User
from streaming import gates
from streaming.models import Broadcast, Visibility


def register_all() -> None:
    gates.register(
        Visibility.PUBLIC,
        _anybody,
        label=Visibility.PUBLIC.label,
        about=_("Everybody can find and watch it."),
        is_open=True,
    )
    gates.register(
        Visibility.UNLISTED,
        _anybody,
        label=Visibility.UNLISTED.label,
        about=_("Whoever has its address can watch it; no page and no search shows it."),
        is_open=True,
        is_listed=False,
    )
    gates.register(
        Visibility.FOLLOWERS,
        _follows,
        which=_followed,
        label=Visibility.FOLLOWERS.label,
        about=_("Everybody can find it; whoever follows the channel can watch it."),
        denial=_("This broadcast is for those who follow the channel."),
    )
    gates.register(
        Visibility.REHEARSAL,
        _nobody,
        label=Visibility.REHEARSAL.label,
        about=_("Only you, your editors and your moderators see it. Make it public when you are ready."),
        is_listed=False,
        is_secret=True,
    )


def _anybody(viewer: User, broadcast: Broadcast) -> bool:
    return True


def _nobody(viewer: User, broadcast: Broadcast) -> bool:
    return False


def _follows(viewer: User, broadcast: Broadcast) -> bool:
    return Follow.objects.filter(user=viewer, channel=broadcast.channel_id).exists()


def _followed(viewer: User, broadcasts: Sequence[Broadcast]) -> set[UUID]:
    channels = {broadcast.channel_id for broadcast in broadcasts}
    followed = set(Follow.objects.filter(user=viewer, channel__in=channels).values_list("channel", flat=True))
    return {broadcast.pk for broadcast in broadcasts if broadcast.channel_id in followed}
