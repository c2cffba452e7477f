"""Words that a channel doesn't want to read."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.errors import AccountsError
from accounts.models import BlockedWord, Channel, User

MOST_WORDS = 500


@transaction.atomic
def block_word(*, channel: Channel, by: User, word: BlockedWord) -> BlockedWord:
    """Block a word or pattern that was checked. Raises AccountsError when it is blocked already, or there are many."""
    Channel.objects.select_for_update().get(pk=channel.pk)
    if channel.blocked_words.count() >= MOST_WORDS:
        raise AccountsError(_("A channel has at most 500 blocked words."))
    word.channel = channel
    try:
        with transaction.atomic():
            word.save()
    except IntegrityError:
        raise AccountsError(_("This is blocked already.")) from None
    audit.record(by, "chat: blocked word", channel, word=word.text)
    return word


@transaction.atomic
def unblock_word(*, word: BlockedWord, by: User) -> None:
    audit.record(by, "chat: unblocked word", word.channel, word=word.text)
    BlockedWord.objects.filter(pk=word.pk).delete()
