"""Pages are tested with what the rooms below bring for their own tests, and without collected static files."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings

from tests.streaming.conftest import _empty_redis, set_env
from tests.streaming.recordings.conftest import after, media_dir, record

__all__ = ["_empty_redis", "after", "media_dir", "record", "set_env"]


@pytest.fixture(autouse=True)
def _plain_static_files() -> Iterator[None]:
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES=settings.STORAGES | {"staticfiles": static}):
        yield
