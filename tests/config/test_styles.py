"""Style sheets made of others are collected as one."""

from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage

from config.storage import HashedStaticFiles

SOURCES = settings.BASE_DIR / "static"


def test_imports_are_collected_in_their_place(tmp_path: Path) -> None:
    source, storage = tmp_path / "source", HashedStaticFiles(location=tmp_path / "collected", base_url="/static/")
    sheets = {"css/page.css": '@import "base.css";\n@import "parts/card.css";\n', "css/base.css": "a {}\n"}
    sheets["css/parts/card.css"] = "b {}\n"
    for name, text in sheets.items():
        for root in (source, tmp_path / "collected"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)

    done = list(storage.post_process({name: (FileSystemStorage(source), name) for name in sheets}))

    hashed = next(new for old, new, _ in done if old == "css/page.css")
    assert (tmp_path / "collected" / hashed).read_text() == "a {}\nb {}\n"
    assert (source / "css/page.css").read_text() == sheets["css/page.css"]


def test_what_is_imported_names_no_file_of_its_own() -> None:
    """An address in it would be taken from another place."""
    for sheet in SOURCES.glob("css/*.css"):
        for line in sheet.read_text().splitlines():
            if line.startswith("@import"):
                imported = SOURCES / "css" / line.split('"')[1]
                assert "url(" not in imported.read_text(), imported
