"""What a template says to people outside of its translation tags."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from django.template.base import Lexer, Token, TokenType

# Attributes that people see or hear, `data-` ones that scripts put into the page among them.
SPOKEN = {"alt", "aria-description", "aria-label", "aria-placeholder", "aria-roledescription", "aria-valuetext"}
SPOKEN |= {"data-done", "data-follow", "data-live", "data-shown", "data-unfollow", "placeholder", "title"}
SILENT_ELEMENTS = {"code", "kbd", "script", "style"}
SILENT_BLOCKS = {"page_class"}
# Names, units and marks that are the same in every language.
ALLOWED = {"Estrade", "KEY", "18+", "H.264", "MP4", "404"}
_LETTERS = re.compile(r"[^\W\d_]")
# What a filter or a tag puts into the page.
_LITERAL = re.compile(r"""(?:\|default(?:_if_none)?:|\|yesno:|^firstof\b.*?)(["'])(?P<text>.*?)\1""")


@dataclass(frozen=True)
class Unmarked:
    """A text and the line that it stands in."""

    line: int
    text: str


def find_unmarked(source: str, *, is_html: bool) -> list[Unmarked]:
    """Texts with letters in them that no tag translates. `<kbd>`, `<code>`, scripts and styles are left alone.

    It doesn't see words inside of attributes that SPOKEN doesn't list, nor what a view hands to the template.
    """
    left = _blank_out(Lexer(source).tokenize())
    if is_html:
        return _Reader(left).found
    return [Unmarked(at, line.strip()) for at, line in enumerate(left.splitlines(), 1) if _is_text(line)]


def _blank_out(tokens: list[Token]) -> str:
    """The template line for line, without its tags and what they translate; words in other tags stay."""
    left: list[str] = []
    until = ""
    for token in tokens:
        name = token.contents.split()[0] if token.token_type == TokenType.BLOCK else ""
        if until:
            left.append("\n" * token.contents.count("\n"))
            until = "" if name == until else until
        elif name in ("blocktranslate", "blocktrans", "comment"):
            until = f"end{name}"
        elif name == "block" and token.contents.split()[1] in SILENT_BLOCKS:
            until = "endblock"
        elif token.token_type == TokenType.TEXT:
            left.append(token.contents)
        elif token.token_type != TokenType.COMMENT:
            left += [match["text"].replace(",", " ") for match in _LITERAL.finditer(token.contents)]
    return "".join(left)


def _is_text(text: str) -> bool:
    words = text.split()
    return any(_LETTERS.search(word) and word.strip(".,:;()") not in ALLOWED for word in words)


class _Reader(HTMLParser):
    """Texts and spoken attributes of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Unmarked] = []
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT_ELEMENTS
        given = dict(attrs)
        is_button = tag == "input" and given.get("type") in ("submit", "button", "reset")
        spoken = SPOKEN | ({"value"} if is_button else set())
        said = [text for name, text in attrs if text and name in spoken and _is_text(text)]
        self.found += [Unmarked(self.getpos()[0], text) for text in said]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT_ELEMENTS

    def handle_data(self, data: str) -> None:
        if not self._silent and _is_text(data):
            self.found.append(Unmarked(self.getpos()[0], data.strip()))
