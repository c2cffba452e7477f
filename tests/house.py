"""What tests of people and pages share: tasks that run at once, limits that start anew, pictures."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from PIL import Image


@pytest.fixture
def fresh_house(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Tasks run at once, limits are counted from nought, and pictures go to a directory of the test's own."""
    current_app.conf.update(task_always_eager=True, task_eager_propagates=True)
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path)
    cache.clear()
    yield
    current_app.conf.update(task_always_eager=False, task_eager_propagates=False)
    cache.clear()


def picture_bytes(size: tuple[int, int] = (400, 300), kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **options)
    return out.getvalue()
