"""System messages: what a room says by itself. Apps above register theirs; pages carry the texts in their language."""

from collections.abc import Iterator

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_texts: dict[str, str | Promise] = {}


def register(kind: str, text: str | Promise) -> None:
    """A kind of line and how it reads; `{name}` stands for a fact of that name."""
    _texts[kind] = text


def all_kinds() -> Iterator[tuple[str, str | Promise]]:
    yield from _texts.items()


def is_known(kind: str) -> bool:
    return kind in _texts


register("followed", _("{person} follows the channel now."))
register("subscribed", _("{person} has subscribed."))
register("gift", _("{person} gave {other} a month of “{tier}”."))
register("gift_unnamed", _("Somebody gave {other} a month of “{tier}”."))
register("gifts", _("{person} gave people here a month of “{tier}” each: {count}"))
register("gifts_unnamed", _("Somebody gave people here a month of “{tier}” each: {count}"))
register("tip", _("{person} gave {amount}."))
register("tip_words", _("{person} gave {amount}: {message}"))
register("tip_said", _("{person}, with {amount}: {message}"))
register("tip_unnamed", _("Somebody gave {amount}."))
register("tip_words_unnamed", _("Somebody gave {amount}: {message}"))
register("tip_said_unnamed", _("Somebody, with {amount}: {message}"))
register("cleared", _("The chat was cleared by a moderator."))
register("raid", _("{channel} came by with its viewers: {viewers}"))
register("raid_out", _("The viewers went on to {channel}: {viewers}"))
register("poll", _("The poll is over. “{question}” {winner} (votes: {won} of {votes})"))
register("poll_tied", _("The poll is over, and it is a tie. “{question}” {winner} (votes for each: {won} of {votes})"))
register("poll_empty", _("The poll is over. “{question}” Nobody voted."))
