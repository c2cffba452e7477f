"""What people type, made into one clean line."""

import re
import unicodedata
from itertools import groupby, islice

from chat.errors import BadText
from chat.models.messages import LONGEST

# Emoji are joined by the first and Persian needs the second; flags are spelled with tags.
_KEPT_INVISIBLE = frozenset("\u200d\u200c") | {chr(code) for code in range(0xE0020, 0xE0080)}
_BLANK = frozenset("\u2800\u3164\u115f\u1160\uffa0")
_UNSEEN = frozenset({"Zs", "Zl", "Zp", "Cf", "Mn", "Mc", "Me"})
# Vietnamese and Hebrew stack two or three.
_MOST_MARKS = 4
_SPACES = re.compile(r"\s+")


def clean_line(text: object) -> str:
    """One line without control characters, direction overrides or towers of accents. Raises BadText.

    The length is counted in code points of what is stored.
    """
    if not isinstance(text, str) or len(text) > 8 * LONGEST:
        raise BadText
    spaced = _SPACES.sub(" ", unicodedata.normalize("NFC", text))
    line = _lower_towers("".join(letter for letter in spaced if _is_kept(letter))).strip()
    if not line or len(line) > LONGEST or not _is_visible(line):
        raise BadText
    return line


def _is_kept(letter: str) -> bool:
    return letter in _KEPT_INVISIBLE or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co")


def _is_visible(line: str) -> bool:
    return any(letter not in _BLANK and unicodedata.category(letter) not in _UNSEEN for letter in line)


def _lower_towers(text: str) -> str:
    kept: list[str] = []
    for is_mark, letters in groupby(text, lambda letter: unicodedata.category(letter) in ("Mn", "Me")):
        kept += islice(letters, _MOST_MARKS if is_mark else None)
    return "".join(kept)
