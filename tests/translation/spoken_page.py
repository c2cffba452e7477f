"""What a page that was rendered says: its texts, and the attributes that are read out."""

import re
from html.parser import HTMLParser

from tests.translation.template_text import SILENT_ELEMENTS, SPOKEN

# Words that no French sentence has, and hardly an English one does without.
_ENGLISH = re.compile(r"\b(?:the|your?|you|yours|this|that|these|with|and|are|was|not|when|which|from|here|it)\b", re.I)


def english_in(html: str) -> list[str]:
    """The texts of a page that read like English."""
    return [text for text in texts_of(html) if _ENGLISH.search(text)]


def texts_of(html: str) -> list[str]:
    """What a page says, piece by piece; the options of a list are names."""
    return _Listener(html).heard


class _Listener(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.heard: list[str] = []
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT_ELEMENTS | {"option"}
        self.heard += [value for name, value in attrs if value and name in SPOKEN]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT_ELEMENTS | {"option"}

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.heard.append(" ".join(data.split()))
