"""The catalogues have every text, each translated, and nothing that is gone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent.parent
CODES = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources in which the texts were gathered anew."""
    copy = tmp_path_factory.mktemp("gathered")
    for path in (one for one in ROOT.iterdir() if one.is_dir() and (one / "__init__.py").exists()):
        if path.name not in ("tests", "bench"):
            shutil.copytree(path, copy / path.name)
    for name in ("locale", "templates"):
        shutil.copytree(ROOT / name, copy / name)
    shutil.copy(ROOT / "manage.py", copy)
    environment = os.environ | {"MESSAGES_IN": str(copy), "PYTHON": sys.executable}
    environment.pop("PYTHONPATH")
    subprocess.run([ROOT / "deploy" / "messages"], env=environment, check=True, capture_output=True, text=True)
    return copy


def entries(catalogue: Path, which: str) -> list[str]:
    """The texts of one kind, as msgattrib(1) tells them apart."""
    command = ["msgattrib", which, "--no-wrap", str(catalogue)]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [line for line in found.splitlines() if line.startswith(("msgid ", "#~ msgid ")) and line != 'msgid ""']


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("which", ["--untranslated", "--only-fuzzy"])
def test_every_text_is_translated(gathered: Path, code: str, which: str) -> None:
    assert entries(gathered / "locale" / code / "LC_MESSAGES" / "django.po", which) == [], "run `make messages`"


@pytest.mark.parametrize("code", CODES)
def test_no_text_is_gone(gathered: Path, code: str) -> None:
    path = Path("locale") / code / "LC_MESSAGES" / "django.po"
    known = set(entries(gathered / path, "--translated"))

    assert entries(ROOT / path, "--only-obsolete") == []
    assert set(entries(ROOT / path, "--translated")) <= known, "run `make messages`"


@pytest.mark.parametrize("code", CODES)
def test_translations_keep_what_is_put_in(code: str) -> None:
    path = ROOT / "locale" / code / "LC_MESSAGES" / "django.po"

    checked = subprocess.run(
        ["msgfmt", "--check", "-o", os.devnull, str(path)], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stderr


def test_french_is_set_as_the_french_set_it() -> None:
    """Apostrophes are curly, and no line begins with what belongs to the word before."""
    lines = (ROOT / "locale" / "fr" / "LC_MESSAGES" / "django.po").read_text().splitlines()
    said = [line for at, line in enumerate(lines) if line.startswith("msgstr") or (line.startswith('"') and at > 20)]
    wrong = [line for line in said if any(mark in line for mark in (" :", " ;", " !", " ?", " »", "« "))]

    assert wrong == []
    assert [line for line in lines if line.startswith("msgstr") and "'" in line] == []
