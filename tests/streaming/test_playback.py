import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Channel, User
from streaming import live_store
from streaming.models import Broadcast
from streaming.playback import channel_playlist_path, is_signed, playback_url, sign
from tests.streaming.conftest import SetEnv

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def test_viewers_of_the_same_hours_share_one_address(alice_channel: Channel, noon: datetime) -> None:
    broadcast = Broadcast.objects.create(channel=alice_channel, started_at=noon)

    first = playback_url(broadcast, noon)
    second = playback_url(broadcast, noon + timedelta(hours=5, minutes=59))

    assert first.url == second.url
    assert timedelta(hours=6) <= second.expires_at - (noon + timedelta(hours=5, minutes=59)) <= timedelta(hours=12)
    assert first.renew_at < first.expires_at


@given(hours=st.floats(min_value=0, max_value=1000))
def test_an_address_is_good_for_six_to_twelve_hours(hours: float) -> None:
    now = NOON + timedelta(hours=hours)
    url = playback_url(Broadcast(), now)

    assert timedelta(hours=6) <= url.expires_at - now <= timedelta(hours=12)
    assert now < url.renew_at < url.expires_at


def test_tokens_are_good_for_one_subject_until_they_expire(set_env: SetEnv) -> None:
    token = sign("channel:alice", NOON)

    assert is_signed("channel:alice", token, NOON - timedelta(seconds=1)) is True
    assert is_signed("channel:alice", token, NOON) is None
    assert is_signed("channel:bob", token, NOON - timedelta(seconds=1)) is False


@given(st.text(max_size=60))
def test_no_text_is_a_token(text: str) -> None:
    assert is_signed("channel:alice", text, NOON) is False


def test_a_replaced_secret_is_still_accepted(set_env: SetEnv) -> None:
    set_env(playback_secrets=["old"])
    token = sign("channel:alice", NOON)
    set_env(playback_secrets=["new", "old"])
    assert is_signed("channel:alice", token, NOON - timedelta(1)) is True
    assert sign("channel:alice", NOON) != token

    set_env(playback_secrets=["new"])
    assert is_signed("channel:alice", token, NOON - timedelta(1)) is False


def put_on_air(channel: Channel) -> Broadcast:
    broadcast = Broadcast.objects.create(channel=channel, started_at=timezone.now())
    live_store.client().set(f"hls:{broadcast.media_path}/source", "x")
    return broadcast


def test_state_of_a_broadcast_is_public(client: Client, alice_channel: Channel) -> None:
    broadcast = put_on_air(alice_channel)

    answer = client.get(f"/api/broadcasts/{broadcast.pk}/state")

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "public, max-age=1"
    assert answer.json()["state"] == "live"
    assert answer.json()["playlist_url"].endswith(f"/{broadcast.media_path}/master.m3u8")
    shown = client.get("/api/channels/alice/state").json()["broadcast"]
    assert shown == answer.json() | {"renew_at": shown["renew_at"]}


def test_nothing_to_play_before_the_first_part_nor_after_the_end(client: Client, alice_channel: Channel) -> None:
    broadcast = Broadcast.objects.create(channel=alice_channel, started_at=timezone.now())
    assert client.get(f"/api/broadcasts/{broadcast.pk}/state").json()["playlist_url"] is None

    live_store.client().set(f"hls:{broadcast.media_path}/source", "x")
    Broadcast.objects.update(state=Broadcast.State.ENDED, ended_at=timezone.now())

    answer = client.get(f"/api/broadcasts/{broadcast.pk}/state").json()
    assert (answer["state"], answer["playlist_url"]) == ("ended", None)
    assert client.get("/api/channels/alice/state").json() == {"channel": "alice", "broadcast": None}


def test_suspended_channels_are_not_there(client: Client, alice_channel: Channel) -> None:
    broadcast = put_on_air(alice_channel)
    Channel.objects.update(is_suspended=True)

    assert client.get(f"/api/broadcasts/{broadcast.pk}/state").status_code == 404
    assert client.get("/api/channels/alice/state").status_code == 404


def test_a_channels_playlist_leads_to_what_it_shows(client: Client, alice_channel: Channel) -> None:
    path = channel_playlist_path("alice", timezone.now() + timedelta(hours=12))
    assert client.get(path).status_code == 404

    broadcast = put_on_air(alice_channel)

    answer = client.get(path)
    assert answer.status_code == 302
    assert f"/{broadcast.media_path}/master.m3u8" in answer["Location"]


def test_a_channels_playlist_needs_its_own_token(client: Client, alice_channel: Channel) -> None:
    put_on_air(alice_channel)
    now = timezone.now()
    other = channel_playlist_path("bob", now + timedelta(hours=1)).replace("bob", "alice")

    assert client.get(other).status_code == 403
    assert client.get(channel_playlist_path("alice", now - timedelta(seconds=1))).status_code == 410


@pytest.mark.django_db
def test_channel_command_tells_encoders_and_players_all_they_need(
    alice: User, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("channel", "music", "--title", "Music", "--owner", "alice", "--json")
    facts = json.loads(capsys.readouterr().out)
    call_command("channel", "music", "--json")

    channel = Channel.objects.get(name="music")
    assert (channel.owner, channel.title) == (alice, "Music")
    assert facts == json.loads(capsys.readouterr().out) | {"playlist_url": facts["playlist_url"]}
    assert sorted(facts) == ["channel", "ingest_url", "playlist_url", "stream_key", "watch_url"]
    assert facts["stream_key"] == channel.stream_key


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "A", "a b", "x" * 33, "ü", "-a", "../a"])
def test_channel_command_refuses_bad_names(name: str) -> None:
    with pytest.raises(CommandError):
        call_command("channel", "--title=t", "--", name)
