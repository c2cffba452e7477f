from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import TestCase

from accounts.models import Channel, User
from streaming import actions
from streaming.errors import AlreadyLive, ChannelSuspended, DiskFull, PictureTooLarge, Refused, ServerFull, UnknownKey
from streaming.models import Broadcast, IngestSession, Refusal
from tests.streaming.conftest import FakeIngest, SetEnv

pytestmark = pytest.mark.django_db


def admit(
    channel: Channel, now: datetime, *, client_id: str = "1", key: str | None = None, is_standby: bool = False
) -> IngestSession:
    """Admit an encoder, with everything that follows a commit."""
    encoder = actions.Encoder("192.0.2.1", "local", "b1", client_id, "OBS", is_standby)
    with TestCase.captureOnCommitCallbacks(execute=True):
        return actions.admit_encoder(key=key or channel.stream_key, encoder=encoder, now=now)


def later(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)


def close(session: IngestSession, now: datetime) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        actions.close_session(session=session, now=now)


def test_an_encoder_with_the_key_puts_its_channel_on_air(
    alice_channel: Channel, ingest: FakeIngest, noon: datetime
) -> None:
    session = admit(alice_channel, noon)

    assert session.broadcast.state == Broadcast.State.LIVE
    assert session.broadcast.title == "Alpine mornings"
    assert len(session.name) == 32
    assert alice_channel.stream_key not in session.name


def test_a_process_that_knows_nothing_of_places_puts_channels_on_air(alice_channel: Channel, noon: datetime) -> None:
    ended = {"state": Broadcast.State.ENDED, "started_at": noon, "ended_at": noon}
    row = Broadcast.objects.create(channel=alice_channel, **ended)
    new = {"id": str(uuid4()), "media_path": "a" * 32}
    old = ", ".join(
        str(field.column)
        for field in Broadcast._meta.concrete_fields
        if field.column not in {*new, "place", "is_on_channel", "is_kept"}
    )

    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO streaming_broadcast (id, media_path, {old}) "
            f"SELECT %s, %s, {old} FROM streaming_broadcast WHERE id = %s",
            [*new.values(), str(row.pk)],
        )

    added = Broadcast.objects.get(pk=new["id"])
    assert (added.place, added.is_on_channel, added.is_kept) == ("", True, None)


@pytest.mark.parametrize("key", ["", "nonsense", "1", "999999-" + "a" * 32, "1-" + "A" * 32, "0x1-" + "a" * 32])
def test_a_key_of_nobody_is_refused(alice_channel: Channel, ingest: FakeIngest, noon: datetime, key: str) -> None:
    with pytest.raises(UnknownKey):
        admit(alice_channel, noon, key=key or "-")

    assert not Broadcast.objects.exists()


def test_a_wrong_key_is_told_to_the_owner_without_the_key(
    alice_channel: Channel, ingest: FakeIngest, noon: datetime
) -> None:
    wrong = f"{alice_channel.pk}-" + "a" * 32
    with pytest.raises(UnknownKey):
        admit(alice_channel, noon, key=wrong)

    refusal = Refusal.objects.get()
    assert (refusal.channel, refusal.code) == (alice_channel, "wrong_key")
    assert "aaaa" not in refusal.message


def test_second_encoder_is_refused_while_the_first_sends(
    alice_channel: Channel, ingest: FakeIngest, noon: datetime
) -> None:
    first = admit(alice_channel, noon)
    ingest.publish(first)

    with pytest.raises(AlreadyLive):
        admit(alice_channel, later(noon, 1), client_id="2")

    assert Broadcast.objects.on_air().count() == 1
    assert ingest.dropped == []
    first.refresh_from_db()
    assert first.ended_at is None


def test_newcomer_wins_over_a_silent_encoder(alice_channel: Channel, ingest: FakeIngest, noon: datetime) -> None:
    first = admit(alice_channel, noon)
    ingest.publish(first)

    second = admit(alice_channel, later(noon, 60), client_id="2")

    assert second.broadcast == first.broadcast
    assert ingest.dropped == [first.name]
    first.refresh_from_db()
    assert first.ended_at is not None


def test_a_standby_gives_way_to_any_encoder_and_not_the_other_way_round(
    alice_channel: Channel, ingest: FakeIngest, noon: datetime
) -> None:
    standby = admit(alice_channel, noon, is_standby=True)
    ingest.publish(standby)

    encoder = admit(alice_channel, later(noon, 1), client_id="2")
    ingest.publish(encoder)

    assert ingest.dropped == [standby.name]
    with pytest.raises(AlreadyLive):
        admit(alice_channel, later(noon, 2), client_id="3", is_standby=True)
    assert not Refusal.objects.exists()


def test_coming_back_within_the_grace_resumes_the_broadcast(
    alice_channel: Channel, ingest: FakeIngest, noon: datetime
) -> None:
    first = admit(alice_channel, noon)
    close(first, later(noon, 30))
    assert Broadcast.objects.get().state == Broadcast.State.INTERRUPTED

    second = admit(alice_channel, later(noon, 40), client_id="2")

    assert second.broadcast_id == first.broadcast_id
    broadcast = Broadcast.objects.get()
    assert (broadcast.state, broadcast.interrupted_at) == (Broadcast.State.LIVE, None)


def test_grace_is_the_channels(alice_channel: Channel, ingest: FakeIngest, noon: datetime) -> None:
    Channel.objects.filter(pk=alice_channel.pk).update(grace_s=20)
    close(admit(alice_channel, noon), later(noon, 10))

    assert not Broadcast.objects.out_of_grace(later(noon, 29)).exists()
    assert Broadcast.objects.out_of_grace(later(noon, 30)).exists()


def test_closing_the_replaced_session_does_not_interrupt(
    alice_channel: Channel, ingest: FakeIngest, noon: datetime
) -> None:
    first = admit(alice_channel, noon)
    ingest.publish(first)
    admit(alice_channel, later(noon, 60), client_id="2")

    close(first, later(noon, 61))

    assert Broadcast.objects.get().state == Broadcast.State.LIVE


def test_ending_drops_the_encoder_and_cannot_be_resumed(
    alice_channel: Channel, alice: User, ingest: FakeIngest, noon: datetime
) -> None:
    session = admit(alice_channel, noon)
    ingest.publish(session)
    with TestCase.captureOnCommitCallbacks(execute=True):
        actions.end_broadcast(
            broadcast=session.broadcast, now=later(noon, 9), reason=Broadcast.EndReason.ENDED, by=alice
        )

    assert ingest.dropped == [session.name]
    assert admit(alice_channel, later(noon, 10)).broadcast != session.broadcast


def test_a_reset_key_drops_the_encoder_and_is_worthless(
    alice_channel: Channel, alice: User, ingest: FakeIngest, noon: datetime
) -> None:
    old = alice_channel.stream_key
    session = admit(alice_channel, noon)
    with TestCase.captureOnCommitCallbacks(execute=True):
        channel = actions.reset_stream_key(channel=alice_channel, by=alice, now=later(noon, 5))

    assert ingest.dropped == [session.name]
    with pytest.raises(UnknownKey):
        admit(alice_channel, later(noon, 6), key=old)
    assert admit(channel, later(noon, 7)).broadcast == session.broadcast


def test_a_suspended_channel_is_off_the_air_and_stays_off(
    alice_channel: Channel, erin: User, ingest: FakeIngest, noon: datetime
) -> None:
    session = admit(alice_channel, noon)
    with TestCase.captureOnCommitCallbacks(execute=True):
        actions.suspend_channel(channel=alice_channel, by=erin, now=later(noon, 5))

    assert ingest.dropped == [session.name]
    with pytest.raises(ChannelSuspended):
        admit(alice_channel, later(noon, 6))
    assert Refusal.objects.get().code == "suspended"


def test_a_full_server_refuses_new_broadcasts_but_not_returns(
    alice_channel: Channel, ingest: FakeIngest, noon: datetime, set_env: SetEnv
) -> None:
    set_env(max_broadcasts=1)
    close(admit(alice_channel, noon), later(noon, 1))
    other = Channel.objects.create(name="other")

    with pytest.raises(ServerFull):
        admit(other, later(noon, 2))
    assert admit(alice_channel, later(noon, 3)).broadcast.channel == alice_channel


def test_a_full_disk_refuses_with_the_reason(
    alice_channel: Channel, ingest: FakeIngest, noon: datetime, set_env: SetEnv
) -> None:
    set_env(min_free_disk_mb=10**9)

    with pytest.raises(DiskFull):
        admit(alice_channel, noon)

    assert "disk" in Refusal.objects.get().message


def test_what_cannot_be_carried_ends_with_the_reason(
    alice_channel: Channel, ingest: FakeIngest, noon: datetime
) -> None:
    session = admit(alice_channel, noon)
    with TestCase.captureOnCommitCallbacks(execute=True):
        actions.refuse_session(session=session, refusal=PictureTooLarge(sent="3840x2160", most="1920x1080"), now=noon)

    broadcast = Broadcast.objects.get()
    assert (broadcast.state, broadcast.end_reason) == (Broadcast.State.ENDED, Broadcast.EndReason.REFUSED)
    assert "3840x2160" in Refusal.objects.get().message
    assert ingest.dropped == [session.name]


def test_only_the_newest_refusals_are_kept(alice_channel: Channel, noon: datetime) -> None:
    for number in range(actions.REFUSALS_KEPT + 5):
        refusal: Refused = PictureTooLarge(sent=f"{number}x9", most="1920x1080")
        actions.keep_refusal(channel=alice_channel, refusal=refusal, address=None, now=later(noon, number))

    assert Refusal.objects.count() == actions.REFUSALS_KEPT
    assert "has 5x9 pixels" in Refusal.objects.last().message  # type: ignore[union-attr]


def test_the_database_itself_allows_one_broadcast_a_channel(alice_channel: Channel, noon: datetime) -> None:
    Broadcast.objects.create(channel=alice_channel, started_at=noon)

    with pytest.raises(IntegrityError), transaction.atomic():
        Broadcast.objects.create(channel=alice_channel, started_at=noon)
