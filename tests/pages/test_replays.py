"""The page of a broadcast that is over, the lists of recordings, and who may do what there."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Channel, User
from streaming.models import Broadcast
from streaming.recordings import actions
from streaming.recordings.models import Recording, RecordingPolicy
from tests.media_pipeline.recorded import NOON
from tests.streaming.recordings.conftest import Record, work


def page_of(recording: Recording) -> str:
    return f"/@alice/{recording.broadcast_id}"


@pytest.fixture
def replay(record: Record) -> Recording:
    return work(record(sessions=2))


def test_a_recording_is_at_the_address_of_its_broadcast(client: Client, alice_channel: Channel, record: Record) -> None:
    live = Broadcast.objects.create(channel=alice_channel, started_at=NOON)
    assert "<live-player" in client.get(f"/@alice/{live.pk}").text
    live.delete()

    recording = work(record(sessions=2))

    text = client.get(page_of(recording)).text
    assert "<replay-player" in text
    assert f"/api/broadcasts/{recording.broadcast_id}/recording/storyboard.vtt" in text
    assert "0:08" in text
    assert page_of(recording) in client.get("/@alice").text
    assert page_of(recording) in client.get("/@alice/replays").text


def test_lists_show_a_picture_of_what_anybody_may_watch(client: Client, replay: Recording) -> None:
    address = f"/{replay.key}/poster.webp"
    assert address in client.get("/@alice").text
    assert address in client.get("/@alice/replays").text

    for kept_back in ({"visibility": "followers"}, {"is_mature": True}):
        Broadcast.objects.update(**{"visibility": "public", "is_mature": False} | kept_back)
        assert address not in client.get("/@alice/replays").text


def test_what_was_for_fewer_once_is_no_picture(client: Client, replay: Recording) -> None:
    Recording.objects.update(visibility="followers")

    assert replay.key not in client.get("/@alice/replays").text


def test_other_addresses_lead_nowhere(client: Client, replay: Recording) -> None:
    assert client.get(f"/@bob/{replay.broadcast_id}").status_code == 404
    assert client.get(f"/@alice/{replay.pk}").status_code == 404
    Channel.objects.update(is_suspended=True)
    assert client.get(page_of(replay)).status_code == 404
    assert client.get("/@alice/replays").status_code == 404


def test_what_isnt_ready_says_so(client: Client, record: Record) -> None:
    recording = record()

    assert "being prepared" in client.get(page_of(recording)).text
    Recording.objects.update(state=Recording.State.FAILED, stop_reason="disk")
    text = client.get(page_of(recording)).text
    assert "There is no recording of this broadcast" in text
    assert "disk was full" in text.replace("&#x27;", "'")
    recording.delete()
    assert "It wasn&#x27;t kept" in client.get(page_of(recording)).text or "It wasn't kept" in (
        client.get(page_of(recording)).text
    )


TOOLS = ["delete", "keep", "download"]


@pytest.mark.parametrize("tool", TOOLS)
def test_strangers_and_viewers_run_nothing(client: Client, replay: Recording, bob: User, tool: str) -> None:
    assert client.post(f"{page_of(replay)}/{tool}").status_code == 302
    client.force_login(bob)
    assert client.post(f"{page_of(replay)}/{tool}").status_code == 404
    text = client.get(page_of(replay)).text
    assert "Delete recording" not in text
    assert "Make an MP4 file" not in text
    assert Recording.objects.shown().get().keep_until is None
    assert Recording.objects.get().download_state == ""


def test_its_streamer_keeps_and_deletes_it(client: Client, replay: Recording, alice: User) -> None:
    client.force_login(alice)
    assert "Delete recording" in client.get(page_of(replay)).text

    client.post(f"{page_of(replay)}/keep", {"days": "30"})
    kept = Recording.objects.get().keep_until
    assert kept is not None
    assert timedelta(days=29) < kept - timezone.now() < timedelta(days=31)
    for nonsense in ("-1", "x", "99999"):
        client.post(f"{page_of(replay)}/keep", {"days": nonsense})
        assert Recording.objects.get().keep_until == kept
    client.post(f"{page_of(replay)}/keep", {"days": ""})
    assert Recording.objects.get().keep_until is None

    answer = client.post(f"{page_of(replay)}/delete", follow=True)
    assert "The recording is deleted." in answer.text
    assert "<replay-player" not in answer.text


def test_a_download_is_made_for_its_streamer(client: Client, replay: Recording, alice: User) -> None:
    client.force_login(alice)

    answer = client.post(f"{page_of(replay)}/download", follow=True)
    assert "The file is being made" in answer.text
    work(replay)

    text = client.get(page_of(replay)).text
    assert 'download="sunrise-2026-06-01.mp4"' in text
    assert "/download.mp4" in text


def test_viewers_download_where_the_channel_lets_them(client: Client, replay: Recording, bob: User) -> None:
    RecordingPolicy.objects.create(channel=replay.broadcast.channel, viewers_may_download=True)
    assert "Log in to download" in client.get(page_of(replay)).text

    client.force_login(bob)
    client.post(f"{page_of(replay)}/download")
    work(replay)

    assert "/download.mp4" in client.get(page_of(replay)).text


def store(channel: Channel, count: int) -> None:
    """So many more recordings, without the files."""
    for number in range(count):
        started_at = NOON - timedelta(days=number)
        broadcast = Broadcast.objects.create(
            channel=channel, started_at=started_at, ended_at=started_at, state=Broadcast.State.ENDED
        )
        Recording.objects.create(
            broadcast=broadcast,
            media_path=broadcast.media_path,
            key=broadcast.media_path,
            state=Recording.State.READY,
            started_at=started_at,
        )


@pytest.mark.parametrize(("address", "queries"), [("replays", 7), ("studio", 8), ("channel", 26), ("replay", 10)])
def test_lists_cost_the_same_however_long(
    client: Client,
    replay: Recording,
    alice: User,
    django_assert_num_queries: DjangoAssertNumQueries,
    address: str,
    queries: int,
) -> None:
    client.force_login(alice)
    # A list without anything asks for no pictures.
    store(replay.broadcast.channel, 1)
    addresses = {
        "replays": "/@alice/replays",
        "studio": "/studio/alice/recordings",
        "channel": "/@alice",
        "replay": page_of(replay),
    }
    # What the house keeps in its cache is read once.
    client.get(addresses[address])

    with django_assert_num_queries(queries):
        assert client.get(addresses[address]).status_code == 200
    store(replay.broadcast.channel, 23)
    with django_assert_num_queries(queries):
        assert client.get(addresses[address]).status_code == 200


def test_lists_are_empty_in_a_friendly_way_and_come_in_pages(
    client: Client, alice_channel: Channel, alice: User
) -> None:
    client.force_login(alice)
    assert "Nothing to watch again yet" in client.get("/@alice/replays").text
    assert "No recordings yet" in client.get("/studio/alice/recordings").text
    store(alice_channel, 30)

    assert client.get("/@alice/replays").text.count('class="card"') == 24
    assert client.get("/@alice/replays?page=2").text.count('class="card"') == 6
    assert client.get("/@alice/replays?page=99x").status_code == 200
    assert client.get("/studio/alice/recordings?page=2").text.count('class="recordings__row"') == 10


def test_the_studio_shows_progress_and_trouble(client: Client, replay: Recording, alice: User) -> None:
    client.force_login(alice)
    Recording.objects.update(task="upload", progress_percent=42)
    text = client.get("/studio/alice/recordings/list").text
    assert "Being sent to the storage" in text
    assert 'value="42"' in text

    Recording.objects.update(
        task="", problem="storage", next_try_at=timezone.now() + timedelta(minutes=5), problem_detail="secret detail"
    )
    text = client.get("/studio/alice/recordings/list").text
    assert "The storage doesn&#x27;t take it" in text or "The storage doesn't take it" in text
    assert "Next try at" in text
    assert "secret detail" not in text


def test_the_studios_recordings_are_the_owners(client: Client, alice_channel: Channel, bob: User) -> None:
    for address in ("/studio/alice/recordings", "/studio/alice/recordings/list"):
        assert client.get(f"{address}").status_code == 302
    client.force_login(bob)
    for address in ("/studio/alice/recordings", "/studio/alice/recordings/list"):
        assert client.get(f"{address}").status_code == 404
    assert client.post("/studio/alice/recordings/policy").status_code == 404


def test_a_streamer_says_what_is_kept(client: Client, alice_channel: Channel, alice: User) -> None:
    client.force_login(alice)

    client.post("/studio/alice/recordings/policy", {"keep_days": "14"})

    policy = actions.policy_of(alice_channel)
    assert (policy.is_on, policy.keep_days, policy.viewers_may_download) == (False, 14, False)
    answer = client.post("/studio/alice/recordings/policy", {"is_on": "on", "keep_days": "0"})
    assert answer.status_code == 422
    assert actions.policy_of(alice_channel).keep_days == 14


def test_an_administrator_tries_again_and_deletes(client: Client, record: Record, erin: User) -> None:
    recording = record()
    Recording.objects.update(state=Recording.State.FAILED, problem="damaged", problem_detail="ValueError('x')")
    client.force_login(erin)
    address = "/admin/streaming/recording/"
    text = client.get(address).text
    assert "ValueError" in text

    client.post(address, {"action": "retry", "_selected_action": [str(recording.pk)]})
    assert work(recording).state == Recording.State.READY
    client.post(address, {"action": "delete_files", "_selected_action": [str(recording.pk)]})
    assert Recording.objects.get().state == Recording.State.DELETING


def test_what_players_are_told_is_for_them_alone(client: Client, replay: Recording) -> None:
    for part in ("", "/master.m3u8", "/source.m3u8", "/storyboard.vtt"):
        answer = client.get(f"/api/broadcasts/{replay.broadcast_id}/recording{part}")
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
    assert client.get(f"/api/broadcasts/{replay.broadcast_id}/recording/4k.m3u8").status_code == 404
    packed = client.get(
        f"/api/broadcasts/{replay.broadcast_id}/recording/source.m3u8", headers={"Accept-Encoding": "gzip"}
    )
    assert packed.headers.get("Content-Encoding") in (None, "gzip")
    assert json.loads(client.get(f"/api/broadcasts/{replay.broadcast_id}/recording").content)["state"] == "ready"
