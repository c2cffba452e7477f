from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Channel
from streaming import live_store
from streaming.liveness import wait_for_readers
from streaming.models import Broadcast, IngestSession, Refusal
from tests.streaming.conftest import FakeIngest

pytestmark = pytest.mark.django_db
SECRET = {"X-Estrade-Node": "local", "X-Estrade-Boot": "b1"}


@pytest.fixture
def relay(client: Client, settings: object, ingest: FakeIngest) -> Client:
    """The relay of ingest: it knows the secret."""
    client.defaults["HTTP_X_ESTRADE_HOOK_SECRET"] = settings.ENV.hook_secrets[0]  # type: ignore[attr-defined]
    client.defaults["HTTP_X_ESTRADE_NODE"] = "local"
    client.defaults["HTTP_X_ESTRADE_BOOT"] = "b1"
    return client


def publish(relay: Client, key: str, client_id: str = "1", address: str = "192.0.2.7"):  # type: ignore[no-untyped-def]
    fields = {"call": "publish", "app": "live", "name": key, "addr": address, "clientid": client_id}
    return relay.post("/ingest/hooks/publish", fields | {"flashver": "FMLE/3.0"})


@pytest.mark.parametrize("call", ["publish", "play", "update", "publish_done"])
def test_hooks_without_the_secret_are_refused(client: Client, alice_channel: Channel, call: str) -> None:
    fields = {"name": alice_channel.stream_key, "addr": "192.0.2.7", "clientid": "1"}

    assert client.post(f"/ingest/hooks/{call}", fields).status_code == 403
    assert client.post(f"/ingest/hooks/{call}", fields, headers={"X-Estrade-Hook-Secret": "x"}).status_code == 403
    assert not Broadcast.objects.exists()


def test_publish_renames_the_stream_to_a_secret_name(relay: Client, alice_channel: Channel) -> None:
    answer = publish(relay, alice_channel.stream_key)

    session = IngestSession.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, session.name)
    assert (session.address, session.encoder) == ("192.0.2.7", "FMLE/3.0")


def test_publish_with_a_wrong_key_is_refused(relay: Client, alice_channel: Channel) -> None:
    assert publish(relay, f"{alice_channel.pk}-{'a' * 32}").status_code == 403


def test_strangers_who_try_keys_are_slowed_down(relay: Client, alice_channel: Channel) -> None:
    for _ in range(30):
        publish(relay, f"{alice_channel.pk}-{'a' * 32}", address="203.0.113.9")

    assert publish(relay, alice_channel.stream_key, address="203.0.113.9").status_code == 403
    assert publish(relay, alice_channel.stream_key, address="192.0.2.7").status_code == 302
    assert Refusal.objects.count() <= 20


def test_only_sessions_can_be_played(relay: Client, alice_channel: Channel) -> None:
    publish(relay, alice_channel.stream_key)
    session = IngestSession.objects.get()

    assert relay.post("/ingest/hooks/play", {"name": session.name}).status_code == 200
    assert relay.post("/ingest/hooks/play", {"name": alice_channel.stream_key}).status_code == 403
    assert relay.post("/ingest/hooks/play", {"name": "anything"}).status_code == 403


def test_the_encoder_is_let_in_when_its_readers_are(relay: Client, alice_channel: Channel, ingest: FakeIngest) -> None:
    publish(relay, alice_channel.stream_key)
    session = IngestSession.objects.get()
    live_store.expect_readers(session.name, 2)

    ingest.publish(session, published=False, readers=1)
    assert not wait_for_readers(session.name, 0.1)
    ingest.publish(session, published=False, readers=2)

    assert wait_for_readers(session.name, 0.1)


def test_publish_done_interrupts(relay: Client, alice_channel: Channel) -> None:
    publish(relay, alice_channel.stream_key)

    relay.post("/ingest/hooks/publish_done", {"name": alice_channel.stream_key, "clientid": "1"})

    assert Broadcast.objects.get().state == Broadcast.State.INTERRUPTED


@pytest.mark.parametrize(("client_id", "boot"), [("2", "b1"), ("1", "b2")])
def test_publish_done_of_another_connection_changes_nothing(
    relay: Client, alice_channel: Channel, client_id: str, boot: str
) -> None:
    publish(relay, alice_channel.stream_key)

    fields = {"name": alice_channel.stream_key, "clientid": client_id}
    relay.post("/ingest/hooks/publish_done", fields, headers={"X-Estrade-Boot": boot})

    assert Broadcast.objects.get().state == Broadcast.State.LIVE


def test_update_drops_whoever_was_ended(relay: Client, alice_channel: Channel) -> None:
    publish(relay, alice_channel.stream_key)
    fields = {"call": "update_publish", "name": alice_channel.stream_key, "clientid": "1"}
    assert relay.post("/ingest/hooks/update", fields).status_code == 200

    IngestSession.objects.update(ended_at=timezone.now() + timedelta(seconds=1))

    assert relay.post("/ingest/hooks/update", fields).status_code == 403


def test_hooks_are_only_posted(relay: Client) -> None:
    assert relay.get("/ingest/hooks/publish").status_code == 405
