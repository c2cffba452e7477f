"""What scripts put into the page out of their own mouths."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|(?<![:\\])//[^\n]*)|(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)""",
    re.S,
)
_HOLE = re.compile(r"\$\{(?:[^{}]|\{[^{}]*\})*\}")
_WORD = re.compile(r"[^\W\d_]{2,}")
# A place of the page that people read, to the left of a literal.
_SINK = re.compile(
    r"""\.(?:textContent|innerText|title|alt|placeholder|ariaLabel|ariaDescription|ariaValueText)\s*(?:\?\?|\|\|)?=
    |\.(?:append|prepend|before|after|replaceChildren|replaceWith|createTextNode)\(
    |\b(?:alert|confirm|prompt)\(
    |\bsetAttribute\(\s*["'](?:aria-(?:label|description|valuetext)|title|alt|placeholder)["'],""",
    re.X,
)
_BEGINNING = re.compile(r"\s*[A-ZÀ-Þ][^\W\d_]*(?:['’]\w+)?,? [^\W\d_]{2,}")
_END = re.compile(r"[^\W\d_]{2,} [^\W\d_]{2,}[.!?…]\Z")
_ERROR = re.compile(r"(?:\bnew \w*Error|console\.\w+)\(\s*\Z")


@dataclass(frozen=True)
class Spoken:
    """A literal with words in it and the line that it stands in."""

    line: int
    text: str


def find_spoken(source: str) -> list[Spoken]:
    """Literals that are put into a text or a spoken attribute, and those that read like a sentence wherever they stand.

    It doesn't see a single word that reaches the page by way of a variable, nor what a template literal computes.
    Messages of errors and of the console are nobody's text.
    """
    found = []
    for match in _TOKEN.finditer(source):
        if match["comment"]:
            continue
        text = _HOLE.sub(" ", match["text"])[1:-1]
        before = source[source.rfind("\n\n", 0, match.start()) + 1 : match.start()]
        statement = before[before.rfind(";") + 1 :]
        if _ERROR.search(before):
            continue
        if (_WORD.search(text) and _is_put_in(statement)) or _is_sentence(text):
            found.append(Spoken(source.count("\n", 0, match.start()) + 1, text))
    return found


def _is_put_in(before: str) -> bool:
    """Whether what follows goes into the page itself, not into a call whose answer does."""
    return any(
        before.count("(", sink.end()) <= before.count(")", sink.end())
        and before.count("[", sink.end()) <= before.count("]", sink.end())
        for sink in _SINK.finditer(before)
    )


def _is_sentence(text: str) -> bool:
    """A capital and another word, or two words and an end."""
    return bool(_BEGINNING.match(text) or _END.search(text))
