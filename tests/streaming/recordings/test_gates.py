"""Who gets at recordings and their pictures, by what could be seen when, and with addresses from before."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import Channel, ChannelRole, Follow, User
from streaming import actions as streaming_actions
from streaming.models import Broadcast
from streaming.recordings import actions, places, sweeps
from streaming.recordings.models import Recording
from streaming.showing import change_visibility
from tests.media_pipeline.recorded import NOON, Studio
from tests.streaming.recordings.conftest import Record, work

WHO = ("stranger", "user", "follower", "moderator", "owner", "admin")
PARTS = ("master.m3u8", "source.m3u8", "audio.m3u8", "storyboard.vtt")


@pytest.fixture
def clients(alice_channel: Channel, alice: User, bob: User, carol: User, dave: User, erin: User) -> dict[str, Client]:
    """Bob follows alice, carol moderates for her, dave is nobody to her, erin runs the house."""
    Follow.objects.create(channel=alice_channel, user=bob)
    ChannelRole.objects.create(channel=alice_channel, user=carol, role="moderator")
    made = {who: Client() for who in WHO}
    for who, user in zip(WHO[1:], (dave, bob, carol, alice, erin), strict=True):
        made[who].force_login(user)
    return made


def seconds_for(clients: dict[str, Client], broadcast: Broadcast) -> dict[str, int | None]:
    """How much each may watch; None for whom there is no such broadcast."""
    found: dict[str, int | None] = {}
    for who, client in clients.items():
        answer = client.get(f"/api/broadcasts/{broadcast.pk}/recording")
        found[who] = round(answer.json()["duration_s"]) if answer.status_code == 200 else None
        statuses = {client.get(f"/api/broadcasts/{broadcast.pk}/recording/{part}").status_code for part in PARTS}
        assert statuses == ({200} if found[who] else {404})
    return found


@pytest.mark.parametrize(
    ("visibility", "kept_out", "unaware"),
    [
        ("public", "", ""),
        ("unlisted", "", ""),
        ("followers", "stranger user", ""),
        ("rehearsal", "", "stranger user follower"),
    ],
)
def test_a_recording_has_the_gate_its_broadcast_had(
    clients: dict[str, Client], record: Record, visibility: str, kept_out: str, unaware: str
) -> None:
    broadcast = work(record()).broadcast
    Broadcast.objects.update(visibility=visibility)
    Recording.objects.update(visibility=visibility)

    found = seconds_for(clients, broadcast)

    assert {who for who, seconds in found.items() if seconds == 0} == set(kept_out.split())
    assert {who for who, seconds in found.items() if seconds is None} == set(unaware.split())
    assert {who for who, seconds in found.items() if seconds} == {*WHO} - {*kept_out.split(), *unaware.split()}


def go_on(studio: Studio | None, broadcast: Broadcast, disk: Path) -> Studio | None:
    """Send four seconds on the broadcast's present path, if it is recorded there."""
    plan = actions.plan_recording(broadcast, NOON if studio is None else studio.clock)
    if plan is None:
        return studio
    fresh = Studio(disk, path=broadcast.media_path, clock=NOON if studio is None else studio.clock)
    fresh.send_clip()
    return fresh


def air(channel: Channel, by: User, disk: Path, visibilities: list[str]) -> Broadcast:
    """Broadcast four seconds to each of these, one after the other, and end."""
    broadcast = Broadcast.objects.create(channel=channel, started_at=NOON, visibility=visibilities[0])
    studio = go_on(None, broadcast, disk)
    for visibility in visibilities[1:]:
        left = broadcast.media_path
        broadcast = change_visibility(broadcast=broadcast, visibility=visibility, by=by, now=NOON)
        actions.note_closed(left)
        studio = go_on(studio, broadcast, disk)
    ended_at = NOON + timedelta(minutes=5)
    broadcast.state, broadcast.ended_at, broadcast.media_closed_at = Broadcast.State.ENDED, ended_at, ended_at
    broadcast.save()
    actions.note_closed(broadcast.media_path)
    for recording in Recording.objects.all():
        work(recording)
    return broadcast


def test_a_rehearsal_isnt_recorded_and_what_follows_is(
    clients: dict[str, Client], alice_channel: Channel, alice: User, media_dir: Path
) -> None:
    broadcast = air(alice_channel, alice, media_dir, ["rehearsal", "public"])

    assert Recording.objects.count() == 1
    assert set(seconds_for(clients, broadcast).values()) == {4}


def test_what_was_for_followers_stays_for_them_when_the_rest_is_public(
    clients: dict[str, Client], alice_channel: Channel, alice: User, media_dir: Path
) -> None:
    broadcast = air(alice_channel, alice, media_dir, ["followers", "public"])

    found = seconds_for(clients, broadcast)

    assert {who: found[who] for who in ("stranger", "user")} == {"stranger": 4, "user": 4}
    assert {found[who] for who in ("follower", "moderator", "owner", "admin")} == {8}


def test_narrowing_takes_all_of_it_back(
    clients: dict[str, Client], alice_channel: Channel, alice: User, media_dir: Path
) -> None:
    broadcast = air(alice_channel, alice, media_dir, ["public", "followers"])

    found = seconds_for(clients, broadcast)

    assert (found["stranger"], found["user"], found["follower"]) == (0, 0, 8)


def test_addresses_from_before_a_change_lead_nowhere(
    alice_channel: Channel, alice: User, media_dir: Path, client: Client
) -> None:
    broadcast = Broadcast.objects.create(channel=alice_channel, started_at=NOON)
    studio = go_on(None, broadcast, media_dir)
    assert studio is not None
    rewound = client.get(f"/api/broadcasts/{broadcast.pk}/recording").json()["playlist_url"]
    assert (media_dir / "recordings" / rewound.split("/")[3] / "source.mp4").exists()

    change_visibility(broadcast=broadcast, visibility="followers", by=alice, now=NOON)
    # Its packager was killed and can't say so: the sweep sees it.
    sweeps.sweep(NOON + timedelta(seconds=5))

    assert not (media_dir / "recordings" / rewound.split("/")[3]).exists()
    assert client.get(f"/api/broadcasts/{broadcast.pk}/recording").json()["playlist_url"] is None


def test_a_suspension_takes_them_back_too(record: Record, client: Client, erin: User, media_dir: Path) -> None:
    recording = work(record())
    before = client.get(f"/api/broadcasts/{recording.broadcast_id}/recording").json()["files"]

    streaming_actions.suspend_channel(channel=recording.broadcast.channel, by=erin, now=NOON)

    assert client.get(f"/api/broadcasts/{recording.broadcast_id}/recording").status_code == 404
    for address in before:
        assert not places.root_of(address.split("/")[3]).exists()
