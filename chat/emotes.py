"""Which of a channel's emotes somebody may use, and which they used."""

from accounts.models import Channel
from chat.models import Emote
from chat.perks import EMOTES
from chat.standing import Standing


def emotes_of(channel: Channel, standing: Standing) -> list[Emote]:
    """Those that somebody may use there; subscribers' own are for those whose tier has them, and the exempt."""
    rows = Emote.objects.filter(channel=channel)
    may_all = standing.has_perk(EMOTES) or standing.is_exempt
    return list(rows if may_all else rows.filter(is_for_subscribers=False))


def emotes_in(line: str, channel: Channel, standing: Standing) -> dict[str, str]:
    """The emotes a line uses, word and address. They go with the line, so that every page draws the same ones."""
    words = set(line.split(" "))
    rows = Emote.objects.filter(channel=channel, code__in=words)
    may_all = standing.has_perk(EMOTES) or standing.is_exempt
    return {row.code: row.url for row in rows if may_all or not row.is_for_subscribers}
