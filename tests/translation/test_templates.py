"""No template says anything that a translator never gets to see."""

from pathlib import Path

import pytest

from tests.translation.template_text import find_unmarked

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in (".html", ".txt", ".svg"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_text_is_marked(path: Path) -> None:
    found = find_unmarked(path.read_text(), is_html=path.suffix != ".txt")

    assert not found, [f"{path.name}:{one.line}: {one.text}" for one in found]


@pytest.mark.parametrize(
    "template",
    [
        "<p>Hello</p>",
        '<p>{% translate "Hello" %} there</p>',
        '<button aria-label="Close">×</button>',
        '<input placeholder="Search {{ place }}">',
        '<img alt="A cat">',
        '<input type="submit" value="Send">',
        '<span data-done="Copied"></span>',
        '{{ name|default:"Nobody" }}',
        '{% include "x.html" %}{% firstof "Hello" %}',
        "{% if a %}Live{% endif %}",
        "{% blocktranslate %}x{% endblocktranslate %} unmarked",
    ],
)
def test_unmarked_text_is_found(template: str) -> None:
    assert find_unmarked(template, is_html=True)


@pytest.mark.parametrize(
    "template",
    [
        '<p class="muted">{% translate "Hello" %} · {{ name }} 18+</p>',
        "<p title=\"{% translate 'Hello' %}\">Estrade</p>",
        "{% blocktranslate count n=n %}{{ n }} viewer{% plural %}{{ n }} viewers{% endblocktranslate %}",
        "<script>const word = 'word';</script><kbd>Space</kbd>",
        '<b aria-pressed="{{ on|yesno:"true,false" }}" data-state="{{ x|default:\'offline\' }}"></b>',
        "{# a comment #}{% comment %}words{% endcomment %}",
    ],
)
def test_marked_text_is_let_through(template: str) -> None:
    assert not find_unmarked(template, is_html=True)
