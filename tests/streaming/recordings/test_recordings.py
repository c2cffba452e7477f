"""From a broadcast that has ended to a replay: finishing, playlists, keeping, deleting."""

from datetime import datetime, timedelta
from pathlib import Path

import m3u8
import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, Channel, User
from media_pipeline.recording_files import STOPPED
from streaming import actions as streaming_actions
from streaming.models import Broadcast, new_media_path
from streaming.recordings import actions, jobs, places, sweeps
from streaming.recordings.errors import BadKeepTime, NothingRecorded, NotReady, StillOnAir
from streaming.recordings.models import Recording, RecordingPolicy
from tests.hls.playlist import parse_media
from tests.media_pipeline import clips
from tests.media_pipeline.recorded import NOON, Studio
from tests.streaming.conftest import SetEnv
from tests.streaming.recordings.conftest import Record, wait_out, work


def described(client: Client, recording: Recording) -> dict[str, object]:
    answer = client.get(f"/api/broadcasts/{recording.broadcast_id}/recording")
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    return found


def test_a_broadcast_with_two_interruptions_plays_whole(client: Client, record: Record) -> None:
    recording = work(record(sessions=3))

    found = described(client, recording)
    assert found["state"] == "ready"
    assert found["duration_s"] == pytest.approx(12, abs=0.1)
    master = m3u8.loads(client.get(str(found["playlist_url"])).text)
    assert [playlist.uri for playlist in master.playlists] == ["source.m3u8", "audio.m3u8"]
    assert master.playlists[0].stream_info.resolution == (320, 180)
    for name in ("source", "audio"):
        text = client.get(f"/api/broadcasts/{recording.broadcast_id}/recording/{name}.m3u8").text
        playlist = parse_media(text)
        assert playlist.problems == []
        assert playlist.is_ended
        assert sum(segment.duration for segment in playlist.segments) == pytest.approx(12, abs=0.1)
        assert sum(segment.is_discontinuity for segment in playlist.segments) == 2
        (address,) = {segment.uri for segment in playlist.segments}
        assert address in found["files"]  # type: ignore[operator]
        assert address.startswith("/recordings/")
        assert address.endswith(f"/{recording.key}/{name}.mp4")


def test_the_seek_bar_has_pictures(client: Client, record: Record, media_dir: Path) -> None:
    recording = work(record(sessions=3))

    answer = client.get(str(described(client, recording)["storyboard_url"]))

    assert answer["Content-Type"] == "text/vtt; charset=utf-8"
    assert answer.text.count("#xywh=") == 2
    assert (media_dir / "recordings" / recording.key / "storyboard-0.webp").stat().st_size > 0


def test_sound_alone_plays_without_pictures(client: Client, record: Record) -> None:
    recording = work(record(clips=(clips.sound_only(),)))

    found = described(client, recording)
    assert (found["state"], found["storyboard_url"]) == ("ready", None)


def test_renditions_that_hardly_were_there_are_no_choice(client: Client, record: Record, media_dir: Path) -> None:
    recording = record(sessions=4)
    root = media_dir / "recordings" / recording.key
    (root / "480p.mp4").write_bytes((root / "source.mp4").read_bytes())
    (root / "480p.m3u8").write_text(
        (root / "source.m3u8").read_text().replace("source", "480p").split("#EXT-X-DISC")[0]
    )

    recording = work(recording)

    assert {row.name for row in recording.renditions.all()} == {"source", "audio"}
    assert not (root / "480p.mp4").exists()


def test_while_live_it_can_be_rewound(client: Client, alice_channel: Channel) -> None:
    broadcast = Broadcast.objects.create(channel=alice_channel, started_at=NOON)
    actions.plan_recording(broadcast, NOON)

    found = described(client, broadcast.recordings.get())

    assert found["state"] == "recording"
    assert str(found["playlist_url"]).endswith(f"/{broadcast.media_path}/master.m3u8")


def test_nobody_else_holds_what_a_worker_holds(record: Record) -> None:
    recording = record()
    Recording.objects.update(held_until=timezone.now() + timedelta(seconds=30))
    assert not jobs.advance(recording.pk)
    assert Recording.objects.get().state == Recording.State.PROCESSING

    Recording.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert work(recording).state == Recording.State.READY


def test_a_worker_that_died_in_between_is_made_up_for(record: Record, client: Client) -> None:
    recording = record()
    work(recording)
    Recording.objects.update(state=Recording.State.PROCESSING, has_storyboard_tried=False)

    recording = work(recording)

    assert recording.state == Recording.State.READY
    assert recording.renditions.count() == 2


def test_a_packager_that_never_said_goodbye_is_made_up_for(alice_channel: Channel, media_dir: Path) -> None:
    broadcast = Broadcast.objects.create(channel=alice_channel, started_at=NOON)
    actions.plan_recording(broadcast, NOON)
    Studio(media_dir, path=broadcast.media_path).send_clip()
    ended_at = NOON + timedelta(seconds=5)
    Broadcast.objects.update(state=Broadcast.State.ENDED, ended_at=ended_at)

    sweeps.sweep(ended_at + timedelta(minutes=9))
    assert Recording.objects.get().state == Recording.State.RECORDING
    sweeps.sweep(ended_at + timedelta(minutes=11))

    assert work(Recording.objects.get()).state == Recording.State.READY


def test_what_nobody_sent_leaves_nothing(alice_channel: Channel) -> None:
    broadcast = Broadcast.objects.create(channel=alice_channel, started_at=NOON)
    actions.plan_recording(broadcast, NOON)
    Broadcast.objects.update(state=Broadcast.State.ENDED, ended_at=NOON + timedelta(seconds=30))
    recording = Recording.objects.get()
    actions.begin_processing(recording)

    jobs.advance(recording.pk)

    assert not Recording.objects.exists()


def test_files_that_are_gone_are_a_failure_that_says_so(record: Record, media_dir: Path, client: Client) -> None:
    recording = record()
    places.remove_local(recording.key)
    Broadcast.objects.update(ended_at=NOON + timedelta(hours=2))

    recording = work(recording)

    assert (recording.state, recording.problem) == (Recording.State.FAILED, "lost")
    assert described(client, recording)["state"] == "failed"


def test_damaged_files_are_tried_some_times_and_then_fail(record: Record, media_dir: Path) -> None:
    recording = record()
    (media_dir / "recordings" / recording.key / "source.m3u8").write_text("nonsense")
    for _ in range(6):
        wait_out(recording)
        recording = work(recording)

    assert (recording.state, recording.problem) == (Recording.State.FAILED, "damaged")
    assert recording.problem_detail


def test_a_full_disk_is_told(record: Record, media_dir: Path) -> None:
    recording = record()
    (media_dir / "recordings" / recording.key / STOPPED).write_text("disk")

    assert work(recording).stop_reason == "disk"


@pytest.mark.parametrize("how", ["policy", "server", "demo"])
def test_who_isnt_recorded(alice_channel: Channel, set_env: SetEnv, how: str) -> None:
    if how == "policy":
        RecordingPolicy.objects.create(channel=alice_channel, is_on=False)
    elif how == "server":
        set_env(record_max_h=0)
    else:
        set_env(demo=True)
        Channel.objects.update(name="demo")
    broadcast = Broadcast.objects.create(channel=Channel.objects.get(), started_at=NOON)

    assert actions.plan_recording(broadcast, NOON) is None
    assert not Recording.objects.exists()


def test_switching_off_counts_from_the_next_broadcast(alice_channel: Channel, alice: User) -> None:
    broadcast = Broadcast.objects.create(channel=alice_channel, started_at=NOON)
    actions.plan_recording(broadcast, NOON)

    actions.change_policy(channel=alice_channel, is_on=False, keep_days=None, viewers_may_download=False, by=alice)

    assert actions.plan_recording(broadcast, NOON) is not None
    other = Broadcast(channel=alice_channel, started_at=NOON)
    assert not actions.is_recorded(other)


def test_a_path_that_was_left_is_its_own_recording_and_its_addresses_die(
    client: Client, alice_channel: Channel, media_dir: Path
) -> None:
    broadcast = Broadcast.objects.create(channel=alice_channel, started_at=NOON)
    actions.plan_recording(broadcast, NOON)
    first = Studio(media_dir, path=broadcast.media_path)
    first.send_clip()
    old_path = broadcast.media_path
    Broadcast.objects.update(media_path=new_media_path())
    broadcast.refresh_from_db()

    sweeps.sweep(NOON + timedelta(seconds=30))
    left = Recording.objects.get()
    assert left.key != old_path
    assert not (media_dir / "recordings" / old_path).exists()
    assert (media_dir / "recordings" / left.key / "source.mp4").exists()

    actions.plan_recording(broadcast, first.clock)
    second = Studio(media_dir, path=broadcast.media_path, clock=first.clock)
    second.send_clip()
    second.end()
    Broadcast.objects.update(state=Broadcast.State.ENDED, ended_at=second.clock, media_closed_at=second.clock)
    actions.note_closed(broadcast.media_path)
    for recording in Recording.objects.all():
        work(recording)

    text = client.get(f"/api/broadcasts/{broadcast.pk}/recording/source.m3u8").text
    playlist = parse_media(text)
    assert playlist.problems == []
    assert sum(segment.duration for segment in playlist.segments) == pytest.approx(8, abs=0.1)
    assert len({segment.uri for segment in playlist.segments}) == 2


def test_what_was_for_fewer_people_when_it_was_live_stays_so(client: Client, record: Record) -> None:
    recording = work(record())
    Recording.objects.update(visibility="nobody-knows-this-gate")

    assert described(client, recording)["state"] == "none"
    assert client.get(f"/api/broadcasts/{recording.broadcast_id}/recording/master.m3u8").status_code == 404
    assert client.get(f"/api/broadcasts/{recording.broadcast_id}/recording/storyboard.vtt").status_code == 404


def test_a_suspended_channels_recordings_are_out_of_reach(
    client: Client, record: Record, erin: User, media_dir: Path
) -> None:
    recording = work(record())
    before = recording.key

    streaming_actions.suspend_channel(channel=recording.broadcast.channel, by=erin, now=NOON)

    assert client.get(f"/api/broadcasts/{recording.broadcast_id}/recording").status_code == 404
    assert not (media_dir / "recordings" / before).exists()
    recording = work(recording)
    assert (media_dir / "recordings" / recording.key / "source.mp4").exists()


def test_deleting_is_at_once_out_of_sight_and_soon_off_the_disk(
    client: Client, record: Record, alice: User, media_dir: Path
) -> None:
    recording = work(record())

    actions.delete_replay(broadcast=recording.broadcast, by=alice, now=timezone.now())

    assert described(client, recording)["state"] == "none"
    assert AuditEntry.objects.get(actor=alice).action == "deleted recording"
    jobs.advance(recording.pk)
    assert not Recording.objects.exists()
    assert not any((media_dir / "recordings").iterdir())


def test_what_is_on_air_isnt_deleted(alice_channel: Channel, alice: User) -> None:
    broadcast = Broadcast.objects.create(channel=alice_channel, started_at=NOON)

    with pytest.raises(StillOnAir):
        actions.delete_replay(broadcast=broadcast, by=alice, now=NOON)


def test_a_channel_keeps_for_so_many_days(record: Record, alice_channel: Channel) -> None:
    RecordingPolicy.objects.create(channel=alice_channel, keep_days=7)
    recording = work(record())
    ended_at = recording.broadcast.ended_at
    assert ended_at is not None
    assert recording.keep_until == ended_at + timedelta(days=7)

    sweeps.sweep(ended_at + timedelta(days=6))
    assert Recording.objects.shown().exists()
    sweeps.sweep(ended_at + timedelta(days=7))
    assert not Recording.objects.shown().exists()


def test_a_recording_may_be_kept_longer_or_for_ever(record: Record, alice: User, after: datetime) -> None:
    broadcast = work(record()).broadcast

    actions.keep_replay(broadcast=broadcast, days=30, by=alice, now=after)
    assert Recording.objects.get().keep_until == after + timedelta(days=30)
    actions.keep_replay(broadcast=broadcast, days=None, by=alice, now=after)
    assert Recording.objects.get().keep_until is None
    for days in (0, -1, 3651):
        with pytest.raises(BadKeepTime):
            actions.keep_replay(broadcast=broadcast, days=days, by=alice, now=after)
    Recording.objects.all().delete()
    with pytest.raises(NothingRecorded):
        actions.keep_replay(broadcast=broadcast, days=3, by=alice, now=after)


def test_a_download_is_made_when_asked_for(record: Record, media_dir: Path, after: datetime) -> None:
    recording = record(sessions=2)
    with pytest.raises(NotReady):
        actions.want_download(broadcast=recording.broadcast, now=after)
    work(recording)

    actions.want_download(broadcast=recording.broadcast, now=after)
    recording = work(recording)

    assert recording.download_state == Recording.Download.READY
    assert (media_dir / "recordings" / recording.key / "download.mp4").exists()


def test_a_download_that_fails_says_so_and_can_be_asked_for_again(
    record: Record, media_dir: Path, after: datetime, alice: User
) -> None:
    recording = work(record())
    source = media_dir / "recordings" / recording.key / "source.mp4"
    kept = source.read_bytes()
    source.write_bytes(b"\0" * len(kept))
    actions.want_download(broadcast=recording.broadcast, now=after)
    recording = work(recording)
    assert recording.download_state == Recording.Download.FAILED
    assert recording.state == Recording.State.READY

    source.write_bytes(kept)
    actions.retry_recording(recording=recording, by=alice)
    assert work(recording).download_state == Recording.Download.READY


def test_strays_are_reclaimed_and_nothing_else(record: Record, alice_channel: Channel, media_dir: Path) -> None:
    kept = work(record())
    broadcast = Broadcast.objects.create(channel=alice_channel, started_at=NOON)
    actions.plan_recording(broadcast, NOON)
    live = Studio(media_dir, path=broadcast.media_path)
    live.send_clip()
    stray = media_dir / "recordings" / ("cd" * 16)
    stray.mkdir()

    assert sweeps.remove_strays(timezone.now()) == 0
    assert sweeps.remove_strays(timezone.now() + timedelta(hours=1)) == 1

    assert {path.name for path in (media_dir / "recordings").iterdir()} == {kept.key, broadcast.media_path}


def test_the_sweep_asks_workers_once_a_minute(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    record()
    asked: list[str] = []
    monkeypatch.setattr(sweeps, "send_advance", asked.append)

    for _ in range(3):
        sweeps.sweep(timezone.now())

    assert len(asked) == 1


def test_a_broadcast_that_goes_takes_its_recording_along(record: Record, media_dir: Path) -> None:
    work(record()).broadcast.delete()

    assert sweeps.remove_strays(timezone.now() + timedelta(hours=1)) == 1
    assert not any((media_dir / "recordings").iterdir())
