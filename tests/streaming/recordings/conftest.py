"""Recordings of Alice's broadcasts on a disk of the test's own, and an S3 store that speaks HTTP (moto's)."""

import secrets
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import httpx
import pytest
from django.conf import settings
from django.test import override_settings
from moto.server import ThreadedMotoServer

from accounts.models import Channel
from config.storage import recordings_storage
from streaming.models import Broadcast
from streaming.recordings import actions, jobs
from streaming.recordings.models import Recording
from tests.media_pipeline.recorded import NOON, Studio
from tests.streaming.conftest import SetEnv

Record = Callable[..., Recording]


@pytest.fixture(autouse=True)
def media_dir(tmp_path: Path, set_env: SetEnv) -> Path:
    set_env(media_dir=tmp_path, record_min_free_mb=0)
    return tmp_path


@pytest.fixture
def record(alice_channel: Channel, media_dir: Path) -> Record:
    """Have a channel broadcast sessions of four seconds, and end; the recording as its packager left it."""

    def make(sessions: int = 1, channel: Channel | None = None, clips: tuple[bytes, ...] = ()) -> Recording:
        broadcast = Broadcast.objects.create(channel=channel or alice_channel, title="Sunrise", started_at=NOON)
        assert actions.plan_recording(broadcast, NOON) is not None
        studio = Studio(media_dir, path=broadcast.media_path)
        for clip in clips or (None,) * sessions:
            studio.send_clip(clip)
        studio.end()
        broadcast.state, broadcast.ended_at = Broadcast.State.ENDED, studio.clock
        broadcast.media_closed_at = studio.clock
        broadcast.save()
        actions.note_closed(broadcast.media_path)
        return Recording.objects.get(broadcast=broadcast)

    return make


def work(recording: Recording, *, steps: int = 20) -> Recording:
    """What batch workers do until there is nothing left to do at once."""
    for _ in range(steps):
        if not jobs.advance(recording.pk):
            break
    else:
        raise AssertionError("no end of work")
    return Recording.objects.get(pk=recording.pk)


def wait_out(recording: Recording) -> None:
    """The time until the next try has passed."""
    Recording.objects.filter(pk=recording.pk).update(next_try_at=None)


class Store:
    """An S3 store that a test may switch off. Strangers ask it over HTTP like everybody."""

    def __init__(self) -> None:
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
        self.server.start()
        host, port = self.server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        self.bucket = f"recordings-{secrets.token_hex(4)}"
        self.client = boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            region_name="us-east-1",
        )
        self.client.create_bucket(Bucket=self.bucket)

    def names(self) -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return sorted(item["Key"].rpartition("/")[2] for item in found)

    def objects(self) -> list[str]:
        return sorted(item["Key"] for item in self.client.list_objects_v2(Bucket=self.bucket).get("Contents", []))

    def ask_as_a_stranger(self, key: str) -> int:
        return httpx.get(f"{self.url}/{self.bucket}/{key}").status_code

    def settings(self, url: str = "") -> override_settings:
        env = settings.ENV.model_copy(
            update={
                "s3_bucket": self.bucket,
                "s3_endpoint_url": url or self.url,
                "s3_access_key_id": "key",
                "s3_secret_access_key": "secret",
                "s3_region": "us-east-1",
            }
        )
        return override_settings(STORAGES={**settings.STORAGES, "recordings": recordings_storage(env)})


@pytest.fixture(scope="session")
def _moto() -> Iterator[Store]:
    store = Store()
    yield store
    store.server.stop()


@pytest.fixture
def store(_moto: Store) -> Iterator[Store]:
    """Recordings go to a bucket of this test's own."""
    _moto.bucket = f"recordings-{secrets.token_hex(4)}"
    _moto.client.create_bucket(Bucket=_moto.bucket)
    with _moto.settings():
        yield _moto


def path_of(address: str) -> str:
    return urlsplit(address).path


@pytest.fixture
def after() -> datetime:
    return NOON + timedelta(hours=1)
