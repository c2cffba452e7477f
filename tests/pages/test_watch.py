"""A channel's page for those who may watch, and for those who may not."""

from datetime import datetime

import pytest
from django.test import Client

from accounts.models import Channel, Follow, User
from streaming import live_store
from streaming.models import Broadcast
from tests.streaming.conftest import FakeIngest
from tests.streaming.test_actions import admit

pytestmark = pytest.mark.django_db


@pytest.fixture
def broadcast(alice_channel: Channel, ingest: FakeIngest, noon: datetime) -> Broadcast:
    broadcast = admit(alice_channel, noon).broadcast
    live_store.client().set(f"hls:{broadcast.media_path}/source", "x")
    return broadcast


def test_a_follower_gets_an_address_with_the_page_and_a_stranger_does_not(
    client: Client, bob: User, broadcast: Broadcast
) -> None:
    Broadcast.objects.update(visibility="followers")
    page = client.get("/@alice").content.decode()
    assert "This broadcast is for those who follow the channel." in page
    assert "/live/" not in page

    client.force_login(bob)
    assert "/live/" not in client.get("/@alice").content.decode()
    Follow.objects.create(channel=broadcast.channel, user=bob)
    assert "/live/" in client.get("/@alice").content.decode()


def test_the_crew_asks_as_itself(client: Client, alice: User, broadcast: Broadcast) -> None:
    Broadcast.objects.update(visibility="rehearsal")
    client.force_login(alice)

    page = client.get("/@alice")

    assert page.context["state_url"] == "/api/channels/alice/state/own"
    assert page.context["state"]["broadcast"]["playlist_url"]


def test_a_warning_comes_before_what_is_for_adults(client: Client, broadcast: Broadcast) -> None:
    Broadcast.objects.update(is_mature=True)

    page = client.get("/@alice")

    assert page.context["view"] == "mature"
    assert b'rel="preload"' not in page.content


def test_a_broadcast_belongs_to_its_channel(client: Client, broadcast: Broadcast, bob: User) -> None:
    Channel.objects.create(name="bob", owner=bob)

    assert client.get(f"/@alice/{broadcast.pk}").status_code == 200
    assert client.get(f"/@bob/{broadcast.pk}").status_code == 404


def test_a_dark_channel_shows_what_there_was(client: Client, broadcast: Broadcast, noon: datetime) -> None:
    Broadcast.objects.update(state="ended", ended_at=noon.replace(hour=14), title="Morning show")

    page = client.get("/@alice")

    assert page.context["view"] == "offline"
    assert b"Morning show" in page.content
    assert b"Morning show" in client.get("/@alice/past").content
    Broadcast.objects.update(visibility="rehearsal")
    assert b"Morning show" not in client.get("/@alice/past").content
