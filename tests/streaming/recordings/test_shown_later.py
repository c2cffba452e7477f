"""Who gets at a recording after its streamer has changed who may watch it."""

from pathlib import Path

import pytest
from django.test import Client

from accounts.models import AuditEntry, Channel, User
from streaming.models import Broadcast
from streaming.recordings import actions, jobs, preparing
from streaming.recordings.models import Recording
from streaming.showing import change_visibility
from tests.media_pipeline.recorded import NOON
from tests.streaming.recordings.conftest import Record, Store, work
from tests.streaming.recordings.test_gates import air, clients, seconds_for

__all__ = ["clients"]


def show_as(broadcast: Broadcast, visibility: str) -> None:
    owner = User.objects.get(username="alice")
    change_visibility(broadcast=broadcast, visibility=visibility, by=owner, now=NOON)
    for recording in Recording.objects.all():
        work(recording)


@pytest.mark.parametrize(
    ("visibility", "seconds"),
    [
        ("public", {"stranger": 4, "user": 4, "follower": 4, "moderator": 4, "owner": 4, "admin": 4}),
        ("unlisted", {"stranger": 4, "user": 4, "follower": 4, "moderator": 4, "owner": 4, "admin": 4}),
        ("followers", {"stranger": 0, "user": 0, "follower": 4, "moderator": 4, "owner": 4, "admin": 4}),
        ("rehearsal", {"stranger": None, "user": None, "follower": None, "moderator": 4, "owner": 4, "admin": 4}),
    ],
)
@pytest.mark.parametrize("before", ["public", "followers"])
def test_it_is_for_whom_it_is_shown_now(
    clients: dict[str, Client],
    alice_channel: Channel,
    alice: User,
    media_dir: Path,
    before: str,
    visibility: str,
    seconds: dict[str, int | None],
) -> None:
    broadcast = air(alice_channel, alice, media_dir, [before])

    show_as(broadcast, visibility)

    assert seconds_for(clients, broadcast) == seconds


def test_every_part_of_it_follows(
    clients: dict[str, Client], alice_channel: Channel, alice: User, media_dir: Path
) -> None:
    broadcast = air(alice_channel, alice, media_dir, ["followers", "public"])

    show_as(broadcast, "unlisted")

    assert set(seconds_for(clients, broadcast).values()) == {8}


def files_of(client: Client, broadcast: Broadcast) -> list[str]:
    files: list[str] = client.get(f"/api/broadcasts/{broadcast.pk}/recording").json()["files"]
    return files


def test_addresses_from_before_lead_nowhere(record: Record, client: Client, alice: User, media_dir: Path) -> None:
    broadcast = work(record()).broadcast
    before = files_of(client, broadcast)

    show_as(broadcast, "unlisted")

    after = files_of(client, broadcast)
    for old, new in zip(before, after, strict=True):
        assert not (media_dir / "recordings" / "/".join(old.split("/")[3:])).exists()
        assert (media_dir / "recordings" / "/".join(new.split("/")[3:])).exists()


def test_in_a_bucket_they_are_moved(record: Record, store: Store, alice: User) -> None:
    broadcast = work(record()).broadcast
    before = set(store.objects())

    show_as(broadcast, "followers")

    after = set(store.objects())
    assert len(after) == len(before) > 0
    assert not after & before


def test_what_is_being_prepared_gets_its_new_address_when_it_is_ready(
    record: Record, client: Client, alice: User, media_dir: Path
) -> None:
    recording = record()
    change_visibility(broadcast=recording.broadcast, visibility="unlisted", by=alice, now=NOON)
    held = Recording.objects.get()
    assert held.key == held.media_path, "a worker may be at its files"

    preparing.finish(held, lambda done, of: None)

    ready = Recording.objects.get()
    assert ready.state == "ready"
    assert ready.key != ready.media_path
    assert (media_dir / "recordings" / ready.key / "source.mp4").exists()
    assert not (media_dir / "recordings" / ready.media_path).exists()


def test_a_step_whose_files_were_moved_away_is_done_again(record: Record, alice: User) -> None:
    recording = record()
    preparing.finish(recording, lambda done, of: None)
    held = Recording.objects.get()
    change_visibility(broadcast=held.broadcast, visibility="unlisted", by=alice, now=NOON)

    assert not jobs._do(held, "storyboard", preparing.draw_storyboard)

    done = work(Recording.objects.get())
    assert done.storyboard is not None
    assert (done.problem, done.tries) == ("", 0)


def test_what_is_still_written_is_taken_back_when_it_is_closed(
    alice_channel: Channel, alice: User, media_dir: Path
) -> None:
    broadcast = Broadcast.objects.create(channel=alice_channel, started_at=NOON)
    actions.plan_recording(broadcast, NOON)
    path = broadcast.media_path
    broadcast.state, broadcast.ended_at = Broadcast.State.ENDED, NOON
    broadcast.save()

    change_visibility(broadcast=broadcast, visibility="followers", by=alice, now=NOON)
    actions.note_closed(path)

    recording = Recording.objects.get()
    assert (recording.visibility, recording.state) == ("followers", "processing")
    assert recording.key != path


def test_the_studio_changes_it_and_writes_it_down(record: Record, client: Client, alice: User) -> None:
    broadcast = work(record()).broadcast
    page = f"/studio/alice/broadcasts/{broadcast.pk}"
    client.force_login(alice)
    assert "Who can watch it again" in client.get(page).text

    said = client.post(f"{page}/visibility", {"visibility": "followers"}, follow=True).text

    assert "all of the recording" in said
    assert 'value="followers" checked' in said
    entry = AuditEntry.objects.get(action="changed visibility")
    assert (entry.actor, entry.facts) == (alice, {"before": "public", "after": "followers"})
    assert "Choose one of these" in client.post(f"{page}/visibility", {"visibility": "x"}, follow=True).text


def test_lists_follow(record: Record, client: Client, alice: User) -> None:
    broadcast = work(record()).broadcast
    lists = ("/@alice", "/@alice/replays", "/@alice/past")
    assert all(str(broadcast.pk) in client.get(path).text for path in lists)

    show_as(broadcast, "unlisted")

    assert not any(str(broadcast.pk) in client.get(path).text for path in lists)
    assert client.get(f"/@alice/{broadcast.pk}").status_code == 200
