"""Who may see a broadcast, and what becomes of the old path when that changes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client, TestCase
from django.utils import timezone

from accounts.models import Channel, ChannelRole, Follow, User
from streaming import actions, gates, live_store
from streaming.describing import choose_visibility
from streaming.errors import NotOnAir, UnknownVisibility
from streaming.models import Broadcast, IngestSession, Visibility
from streaming.playback import channel_playlist_path, playback_url
from streaming.retiring import remove_unshown
from streaming.showing import change_visibility, go_public
from tests.streaming.conftest import FakeIngest, SetEnv, is_asked_to_stop
from tests.streaming.test_actions import admit

pytestmark = pytest.mark.django_db
Change = Callable[[str], Broadcast]


@pytest.fixture
def media(tmp_path: Path, set_env: SetEnv) -> Path:
    set_env(media_dir=tmp_path)
    (tmp_path / "live").mkdir()
    return tmp_path / "live"


@pytest.fixture
def session(alice_channel: Channel, ingest: FakeIngest, media: Path, noon: datetime) -> IngestSession:
    session = admit(alice_channel, noon)
    ingest.publish(session)
    return session


@pytest.fixture
def change(session: IngestSession, alice: User, noon: datetime) -> Change:
    def to(visibility: str) -> Broadcast:
        with TestCase.captureOnCommitCallbacks(execute=True):
            return change_visibility(broadcast=session.broadcast, visibility=visibility, by=alice, now=noon)

    return to


def play(broadcast: Broadcast) -> None:
    """A first part is out."""
    live_store.client().set(f"hls:{broadcast.media_path}/source", "x")


@pytest.fixture
def people(alice_channel: Channel, alice: User, bob: User, carol: User, dave: User, erin: User) -> dict[str, User]:
    """Bob follows alice, carol moderates for her, dave is nobody to her, erin runs the house."""
    Follow.objects.create(channel=alice_channel, user=bob)
    ChannelRole.objects.create(channel=alice_channel, user=carol, role="moderator")
    return {"follower": bob, "moderator": carol, "stranger": dave, "owner": alice, "admin": erin}


@pytest.mark.parametrize(
    ("visibility", "watch", "find"),
    [
        ("public", "follower moderator stranger owner admin", "follower moderator stranger owner admin"),
        ("unlisted", "follower moderator stranger owner admin", "moderator owner admin"),
        ("followers", "follower moderator owner admin", "follower moderator stranger owner admin"),
        ("rehearsal", "moderator owner admin", "moderator owner admin"),
        ("of a floor that is gone", "moderator owner admin", "moderator owner admin"),
    ],
)
def test_gates(session: IngestSession, people: dict[str, User], visibility: str, watch: str, find: str) -> None:
    Broadcast.objects.update(visibility=visibility)
    broadcast = Broadcast.objects.select_related("channel").get()

    assert {who for who, user in people.items() if gates.may_watch(user, broadcast)} == set(watch.split())
    assert {who for who, user in people.items() if gates.may_find(user, broadcast)} == set(find.split())
    for user in people.values():
        assert (broadcast.pk in gates.watchable_among(user, [broadcast])) == gates.may_watch(user, broadcast)


def test_each_change_starts_a_new_media_path_within_the_session(session: IngestSession, change: Change) -> None:
    paths = [session.broadcast.media_path]
    for visibility in ("followers", "unlisted", "rehearsal", "public"):
        is_asked_to_stop(session)
        paths.append(change(visibility).media_path)
        assert is_asked_to_stop(session), "its packager must look again"

    assert len(set(paths)) == 5
    session.refresh_from_db()
    assert session.ended_at is None


def test_what_it_is_already_changes_nothing(session: IngestSession, change: Change) -> None:
    assert change("public").media_path == session.broadcast.media_path
    assert not is_asked_to_stop(session)


def test_an_unknown_visibility_is_refused(session: IngestSession, change: Change, alice: User) -> None:
    with pytest.raises(UnknownVisibility):
        change("everybody else")
    with pytest.raises(UnknownVisibility):
        choose_visibility(channel=session.broadcast.channel, visibility="x", by=alice)


def test_what_has_ended_is_shown_otherwise_without_going_on_air(
    session: IngestSession, change: Change, media: Path, bob: User, noon: datetime
) -> None:
    old = change("rehearsal").media_path
    (media / old).mkdir()
    Follow.objects.create(channel=session.broadcast.channel, user=bob)
    actions.end_broadcast(broadcast=session.broadcast, now=noon, reason=Broadcast.EndReason.ENDED)

    after = change("public")

    assert (after.visibility, after.state) == ("public", "ended")
    assert after.length is not None
    assert after.length >= timedelta(0)
    assert not bob.notifications.exists(), "nobody is told that it went live"
    remove_unshown(noon)
    assert list(media.iterdir()) == []


def test_a_curtain_is_not_lifted_after_the_end(
    session: IngestSession, change: Change, alice: User, noon: datetime
) -> None:
    broadcast = change("rehearsal")
    actions.end_broadcast(broadcast=broadcast, now=noon, reason=Broadcast.EndReason.ENDED)

    with pytest.raises(NotOnAir):
        go_public(broadcast=broadcast, by=alice, now=noon)

    assert Broadcast.objects.get().visibility == "rehearsal"


def test_the_old_path_is_taken_away(session: IngestSession, change: Change, media: Path, noon: datetime) -> None:
    old = session.broadcast.media_path
    (media / old / "source").mkdir(parents=True)
    new = change("followers").media_path
    (media / new).mkdir()

    remove_unshown(noon)

    assert [path.name for path in media.iterdir()] == [new]


@pytest.mark.parametrize(("reason", "is_kept"), [("ended", True), ("suspended", False)])
def test_the_media_of_what_was_taken_down_is_not_kept(
    session: IngestSession, media: Path, reason: str, is_kept: bool
) -> None:
    now = timezone.now()
    (media / session.broadcast.media_path).mkdir()
    actions.end_broadcast(broadcast=session.broadcast, now=now, reason=Broadcast.EndReason(reason))

    remove_unshown(now)

    assert bool(list(media.iterdir())) is is_kept


def test_a_rehearsal_begins_unseen_and_is_shown_once(
    alice_channel: Channel, ingest: FakeIngest, alice: User, noon: datetime
) -> None:
    choose_visibility(channel=alice_channel, visibility=Visibility.REHEARSAL, by=alice)
    broadcast = admit(alice_channel, noon).broadcast
    assert (broadcast.visibility, broadcast.shown_at) == ("rehearsal", None)

    shown = go_public(broadcast=broadcast, by=alice, now=noon.replace(minute=20))
    change_visibility(broadcast=broadcast, visibility="followers", by=alice, now=noon.replace(minute=30))

    assert shown.on_show_since == noon.replace(minute=20)
    broadcast.refresh_from_db()
    assert broadcast.shown_at == noon.replace(minute=20)


def test_gated_addresses_live_for_minutes(session: IngestSession, noon: datetime) -> None:
    broadcast = session.broadcast
    assert (playback_url(broadcast, noon).expires_at - noon).total_seconds() == 12 * 3600

    broadcast.visibility = "followers"
    url = playback_url(broadcast, noon)

    assert (url.expires_at - noon).total_seconds() == 600
    assert (url.renew_at - noon).total_seconds() == 300


def test_the_state_for_everybody_tells_nothing_of_a_rehearsal(
    client: Client, session: IngestSession, change: Change
) -> None:
    play(change("rehearsal"))

    assert client.get("/api/channels/alice/state").json()["broadcast"] is None
    assert client.get(f"/api/broadcasts/{session.broadcast_id}/state").status_code == 404


def test_the_state_for_everybody_has_no_address_of_a_gated_one(
    client: Client, session: IngestSession, change: Change
) -> None:
    play(change("followers"))

    told = client.get("/api/channels/alice/state").json()["broadcast"]

    assert (told["gate"], told["is_admitted"], told["playlist_url"], told["thumbnail_url"]) == (
        "followers",
        False,
        None,
        None,
    )


def test_an_unlisted_one_is_found_by_its_address_alone(client: Client, session: IngestSession, change: Change) -> None:
    play(change("unlisted"))

    assert client.get("/api/channels/alice/state").json()["broadcast"] is None
    assert client.get(f"/api/broadcasts/{session.broadcast_id}/state").json()["playlist_url"]


def test_those_let_in_ask_for_an_address_of_their_own(
    client: Client, session: IngestSession, change: Change, people: dict[str, User]
) -> None:
    play(change("followers"))
    assert client.get("/api/channels/alice/state/own").status_code == 401

    client.force_login(people["stranger"])
    assert client.get("/api/channels/alice/state/own").json()["broadcast"]["playlist_url"] is None
    client.force_login(people["follower"])
    answer = client.get("/api/channels/alice/state/own")
    assert answer.json()["broadcast"]["playlist_url"]
    assert answer["Cache-Control"] == "private, no-store"


def test_asking_too_often_is_refused(client: Client, session: IngestSession, bob: User) -> None:
    client.force_login(bob)
    statuses = [client.get("/api/channels/alice/state/own").status_code for _ in range(305)]

    assert statuses[299] == 200
    assert statuses[-1] == 429


def test_a_channels_playlist_for_scripts_leads_to_what_everybody_may_watch(
    client: Client, session: IngestSession, change: Change
) -> None:
    address = channel_playlist_path("alice", timezone.now().replace(year=2030))
    play(session.broadcast)
    assert client.get(address).status_code == 302
    play(change("followers"))
    assert client.get(address).status_code == 403
    play(change("rehearsal"))
    assert client.get(address).status_code == 404
