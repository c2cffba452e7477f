"""A channel's emotes: added, and taken away."""

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Channel, User
from chat.emote_pictures import Drawing, store_emote
from chat.errors import OutOfBounds
from chat.models import Emote

MOST_EMOTES = 100


@transaction.atomic
def add_emote(*, channel: Channel, by: User, code: str, drawing: Drawing, is_for_subscribers: bool) -> Emote:
    """Add an emote. The channel's row is locked, so that nobody gets past the bound. Raises OutOfBounds."""
    Channel.objects.select_for_update().get(pk=channel.pk)
    if Emote.objects.filter(channel=channel).count() >= MOST_EMOTES:
        raise OutOfBounds(_("A channel has at most 100 emotes."))
    emote = Emote(
        channel=channel,
        code=code,
        picture="-",
        is_animated=drawing.is_animated,
        is_for_subscribers=is_for_subscribers,
    )
    try:
        emote.full_clean()
    except ValidationError as error:
        raise OutOfBounds(" ".join(error.messages)) from error
    emote.picture = store_emote(drawing)
    emote.save()
    audit.record(by, "chat: added emote", channel, code=code)
    return emote


@transaction.atomic
def remove_emote(*, emote: Emote, by: User) -> None:
    """Take an emote away. Lines that use it show its word again."""
    audit.record(by, "chat: removed emote", emote.channel, code=emote.code)
    picture = emote.picture
    emote.delete()
    transaction.on_commit(lambda: default_storage.delete(picture))
