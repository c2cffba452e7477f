"""What stays behind of a packager."""

from datetime import datetime
from pathlib import Path

import pytest

from accounts.models import Channel
from media_pipeline.date_ranges import announcer
from media_pipeline.store import MediaStore
from streaming.models import Broadcast
from streaming.packaging import package
from tests.streaming.conftest import SetEnv

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_is_asked_for_a_packager_that_could_not_begin(
    alice_channel: Channel, noon: datetime, set_env: SetEnv, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    set_env(media_dir=tmp_path)
    broadcast = Broadcast.objects.create(channel=alice_channel, started_at=noon)
    MediaStore(tmp_path / "live" / broadcast.media_path, 10**12).claim()

    package(broadcast.pk)

    assert str(broadcast.pk) in caplog.text
    assert not announcer().follows(str(broadcast.pk))
