"""Recordings in a bucket, over HTTP against moto's server."""

import time
from pathlib import Path

import httpx
import m3u8
import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from deploy.environment import find_free_port
from streaming import actions as streaming_actions
from streaming.playback import expiry
from streaming.recordings import actions, bucket, jobs, places, sweeps
from streaming.recordings.bucket import OutOfTime, RecordingBucket
from streaming.recordings.models import Recording
from tests.media_pipeline.recorded import NOON
from tests.streaming.recordings.conftest import Record, Store, wait_out, work


def test_a_recording_plays_from_the_bucket(client: Client, record: Record, store: Store, media_dir: Path) -> None:
    recording = record(sessions=3)
    local = (media_dir / "recordings" / recording.key / "source.mp4").read_bytes()

    recording = work(recording)

    assert (recording.is_stored, recording.is_local, recording.problem) == (True, False, "")
    assert not any((media_dir / "recordings").iterdir())
    playlist = m3u8.loads(client.get(f"/api/broadcasts/{recording.broadcast_id}/recording/source.m3u8").text)
    assert sum(segment.duration for segment in playlist.segments) == pytest.approx(12, abs=0.1)
    fetched = b""
    for segment in playlist.segments:
        size, _, offset = str(segment.byterange).partition("@")
        span = f"bytes={offset}-{int(offset) + int(size) - 1}"
        answer = httpx.get(str(segment.uri), headers={"Range": span})
        assert answer.status_code == 206
        fetched += answer.content
    init, _, _ = str(playlist.segments[0].init_section.byterange).partition("@")
    assert fetched == local[int(init) :]


def test_a_stranger_gets_nothing_out_of_it(record: Record, store: Store) -> None:
    recording = work(record())
    actions.want_download(broadcast=recording.broadcast, now=timezone.now())
    recording = work(recording)

    assert store.names() == ["audio.mp4", "download.mp4", "poster.webp", "source.mp4", "storyboard-0.webp"]
    assert {store.ask_as_a_stranger(key) for key in store.objects()} == {403}
    found = places.address_of(recording, "source.mp4", until=NOON.replace(hour=18), now=NOON)
    assert httpx.get(found).status_code == 200


def test_addresses_live_as_long_as_they_say(record: Record, store: Store) -> None:
    recording = work(record())
    now = timezone.now()
    until = expiry(recording.broadcast, now)

    address = places.address_of(recording, "source.mp4", until=until, now=now)

    seconds = int(httpx.URL(address).params["X-Amz-Expires"])
    assert 6 * 3600 - 2 <= seconds <= 12 * 3600


def test_a_store_that_is_down_loses_nothing_and_is_asked_again(
    client: Client, record: Record, store: Store, media_dir: Path
) -> None:
    recording = record()
    with store.settings(f"http://127.0.0.1:{find_free_port()}"):
        recording = work(recording)

        assert (recording.state, recording.problem) == (Recording.State.READY, "storage")
        assert recording.next_try_at is not None
        assert recording.tries == 1
        text = client.get(f"/api/broadcasts/{recording.broadcast_id}/recording/source.m3u8").text
        assert f"/{recording.key}/source.mp4" in text
        assert "X-Amz" not in text
        assert (media_dir / "recordings" / recording.key / "source.mp4").exists()
        wait_out(recording)
        recording = work(recording)
        assert recording.tries == 2

    wait_out(recording)
    recording = work(recording)
    assert (recording.is_stored, recording.problem, recording.tries) == (True, "", 0)
    assert "source.mp4" in store.names()


def test_a_long_file_goes_up_in_parts_and_goes_on_where_it_was(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "PART_BYTES", 5 * 1024 * 1024)
    storage = places.get_bucket()
    assert isinstance(storage, RecordingBucket)
    path = tmp_path / "long.mp4"
    path.write_bytes(bytes(range(256)) * (12 * 4096))
    size, seen = path.stat().st_size, []

    def stop_after_one(done: int) -> None:
        seen.append(done)
        if len(seen) == 1:
            raise ConnectionError("cut off")

    far = time.monotonic() + 60
    with pytest.raises(ConnectionError):
        storage.send(path, "recordings/a/long.mp4", size, deadline=far, on_progress=stop_after_one)
    with pytest.raises(OutOfTime):
        storage.send(path, "recordings/a/long.mp4", size, deadline=0.0, on_progress=seen.append)
    assert store.names() == []
    assert seen[-1] == 5 * 1024 * 1024
    storage.send(path, "recordings/a/long.mp4", size, deadline=far, on_progress=seen.append)

    stored = store.client.get_object(Bucket=store.bucket, Key="recordings/a/long.mp4")
    assert stored["Body"].read() == path.read_bytes()
    assert stored["ETag"].strip('"').endswith("-3")
    assert seen == sorted(seen, key=seen.index)
    assert seen[-1] == size
    assert "Uploads" not in store.client.list_multipart_uploads(Bucket=store.bucket)


def test_what_is_there_already_isnt_sent_again(store: Store, tmp_path: Path) -> None:
    storage = places.get_bucket()
    assert storage is not None
    path = tmp_path / "a.mp4"
    path.write_bytes(b"first")
    storage.send(path, "recordings/a/a.mp4", 5, deadline=0.0, on_progress=lambda done: None)
    path.write_bytes(b"other")

    storage.send(path, "recordings/a/a.mp4", 5, deadline=0.0, on_progress=lambda done: None)

    assert store.client.get_object(Bucket=store.bucket, Key="recordings/a/a.mp4")["Body"].read() == b"first"


def test_a_download_of_what_was_sent_away_is_made_and_sent_too(
    client: Client, record: Record, store: Store, media_dir: Path
) -> None:
    recording = work(record(sessions=2))
    actions.want_download(broadcast=recording.broadcast, now=timezone.now())
    playing = client.get(f"/api/broadcasts/{recording.broadcast_id}/recording/audio.m3u8").text
    assert "X-Amz" in playing

    recording = work(recording)

    assert recording.download_state == Recording.Download.READY
    assert (recording.is_stored, recording.is_local) == (True, False)
    assert "download.mp4" in store.names()
    assert not any((media_dir / "recordings").iterdir())
    found = places.address_of(recording, "download.mp4", until=NOON.replace(hour=18), now=NOON, download_as="é.mp4")
    assert httpx.get(found).headers["Content-Disposition"] == "attachment; filename*=UTF-8''%C3%A9.mp4"


def test_deleting_empties_the_bucket_even_when_it_was_down(record: Record, store: Store, alice: User) -> None:
    recording = work(record())
    other = work(record())
    actions.delete_replay(broadcast=recording.broadcast, by=alice, now=timezone.now())
    with store.settings(f"http://127.0.0.1:{find_free_port()}"):
        recording = work(recording)
    assert (recording.state, recording.problem) == (Recording.State.DELETING, "storage")

    wait_out(recording)
    jobs.advance(recording.pk)

    assert not Recording.objects.filter(pk=recording.pk).exists()
    assert {key.split("/")[1] for key in store.objects()} == {other.key}


def test_a_suspension_moves_what_strangers_may_have_an_address_of(record: Record, store: Store, erin: User) -> None:
    recording = work(record())
    address = places.address_of(recording, "source.mp4", until=NOON.replace(hour=18), now=NOON)
    assert httpx.get(address).status_code == 200

    streaming_actions.suspend_channel(channel=recording.broadcast.channel, by=erin, now=NOON)
    recording = work(recording)

    assert httpx.get(address).status_code in (403, 404)
    assert {key.split("/")[1] for key in store.objects()} == {recording.key}


def test_strays_in_the_bucket_are_reclaimed(record: Record, store: Store) -> None:
    recording = work(record())
    store.client.put_object(Bucket=store.bucket, Key=f"recordings/{'cd' * 16}/source.mp4", Body=b"x")
    store.client.put_object(Bucket=store.bucket, Key="somebody-elses/file", Body=b"x")

    sweeps.remove_strays(timezone.now())

    assert {key.split("/")[1] for key in store.objects()} == {recording.key, "file"}
