"""Texts come to scripts from the server's HTML, where they are translated."""

from pathlib import Path

import pytest

from tests.translation.script_text import find_spoken

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_scripts_bring_no_text(path: Path) -> None:
    found = find_spoken(path.read_text())

    assert not found, [f"{path.name}:{one.line}: {one.text}" for one in found]


@pytest.mark.parametrize(
    "script",
    [
        'label.textContent = "Copied";',
        "button.ariaLabel = `Close ${name}`;",
        'list.append("Nothing", " here");',
        'input.setAttribute("placeholder", "Search");',
        'const text = "Something went wrong";',
        "show(`${count} people are watching.`);",
        'node.title = busy ? "Wait" : "";',
        'alert("Stop");',
    ],
)
def test_text_in_a_script_is_found(script: str) -> None:
    assert find_spoken(script)


@pytest.mark.parametrize(
    "script",
    [
        "label.textContent = label.dataset.done;",
        'throw new Error("The server said no.");',
        '// "Copied" is what it says\nstart();',
        'element.setAttribute("aria-expanded", "true");',
        'this.querySelector("[data-count]").textContent = "";',
        "element.className = `plot__series ${quiet}`;",
        "cell.textContent = `${figure(rate)} × ${figure(height)}`;",
    ],
)
def test_the_rest_is_let_through(script: str) -> None:
    assert not find_spoken(script)
