"""What binds a message rather than its author: rate, slow mode, emotes only, unique, links."""

import hashlib
import math
import re
import unicodedata
from datetime import datetime, timedelta

from accounts.blocked_words import fold
from chat.errors import EmotesOnly, LinksRefused, RateLimited, SaidBefore, SlowModeActive
from chat.models import Message, Room
from chat.standing import Standing

RATE_WINDOW = timedelta(seconds=30)
AT_MOST, AT_MOST_MODERATORS = 20, 100
UNIQUE_FOR = timedelta(minutes=10)

_LINK = re.compile(
    r"\b(?:[a-z][a-z0-9+.-]*://|www\.)\S|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,24}(?:[/:?#]\S|(?![\w.@-]))", re.I
)
# Skin tones, joiners, variation selectors, keycaps and the tags of flags.
_PARTS_OF_EMOJI = frozenset("\u200d\ufe0f\ufe0e\u20e3 ") | {chr(code) for code in range(0xE0020, 0xE0080)}
_KEYCAP = re.compile(r"[0-9#*]\ufe0f?\u20e3")


def check_rate(room: Room, standing: Standing, now: datetime) -> None:
    """Over all of a channel's rooms, counted from the lines themselves: no restart and no second socket resets it."""
    most = AT_MOST_MODERATORS if standing.is_moderator else AT_MOST
    since = Message.objects.filter(
        author=standing.user, room__channel=room.channel_id, created_at__gt=now - RATE_WINDOW
    )
    times = list(since.order_by("-created_at").values_list("created_at", flat=True)[:most])
    if len(times) >= most:
        raise RateLimited(wait_s=_seconds(times[-1] + RATE_WINDOW - now))


def check_slow(room: Room, standing: Standing, now: datetime) -> None:
    if (wait_s := slow_wait_s(room, standing, now)) > 0:
        raise SlowModeActive(wait_s=wait_s)


def slow_wait_s(room: Room, standing: Standing, now: datetime) -> int:
    """In how many seconds somebody may write again under slow mode."""
    if not room.slow_now_s or standing.is_exempt or standing.user is None:
        return 0
    rows = Message.objects.filter(
        room=room, author=standing.user, created_at__gt=now - timedelta(seconds=room.slow_now_s)
    )
    last = rows.order_by("-created_at").values_list("created_at", flat=True).first()
    return _seconds(last + timedelta(seconds=room.slow_now_s) - now) if last else 0


def check_content(room: Room, standing: Standing, line: str, emote_codes: set[str], now: datetime) -> None:
    """What the modes say of the words. The exempt say what they like."""
    if standing.is_exempt:
        return
    if room.is_emote_only and not is_emotes_alone(line, emote_codes):
        raise EmotesOnly
    if room.is_unique_now and _was_said(room, line, now):
        raise SaidBefore
    if has_link(line) and not (room.links == Room.Links.EVERYONE or _may_link(room, standing)):
        raise LinksRefused


def _may_link(room: Room, standing: Standing) -> bool:
    return room.links == Room.Links.SUBSCRIBERS and standing.is_subscriber


def _was_said(room: Room, line: str, now: datetime) -> bool:
    before = Message.objects.filter(room=room, fingerprint=fingerprint_of(line), created_at__gt=now - UNIQUE_FOR)
    return before.exists()


def fingerprint_of(line: str) -> str:
    """The same for lines that differ in nothing one reads: case, accents, spaces, punctuation."""
    folded = "".join(letter for letter in fold(line) if unicodedata.category(letter)[0] not in "ZP")
    return hashlib.blake2b((folded or line).encode(), digest_size=8).hexdigest()


def has_link(line: str) -> bool:
    """Whether something in it leads away, `example.com` as well as `https://example.com`."""
    return _LINK.search(line) is not None


def is_emotes_alone(line: str, emote_codes: set[str]) -> bool:
    words = [word for word in line.split(" ") if word not in emote_codes]
    return all(_is_emoji(word) for word in words)


def _is_emoji(word: str) -> bool:
    rest = _KEYCAP.sub("", word)
    return all(letter in _PARTS_OF_EMOJI or _is_symbol(letter) for letter in rest)


def _is_symbol(letter: str) -> bool:
    # Emoji newer than Python's tables have no category yet.
    return unicodedata.category(letter) in ("So", "Sk") or (letter >= "\U0001f000" and letter <= "\U0001faff")


def _seconds(span: timedelta) -> int:
    """Whole seconds, so that who waits for them needn't wait again."""
    return max(0, math.ceil(span.total_seconds()))
