from dataclasses import asdict
from datetime import datetime, timedelta

import pytest
from django.test import TestCase

from accounts.models import Channel
from media_pipeline.packager import Health
from streaming import live_store
from streaming.actions import BROWSER
from streaming.health import read_rates
from streaming.ingest import parse_stat
from streaming.liveness import read_heard
from streaming.models import Broadcast, IngestSession, Refusal
from streaming.watch import watch_ingest
from tests.streaming.conftest import FakeIngest, is_asked_to_stop
from tests.streaming.test_actions import admit

pytestmark = pytest.mark.django_db


def watch(now: datetime) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        watch_ingest(now)


@pytest.fixture
def session(alice_channel: Channel, ingest: FakeIngest, noon: datetime) -> IngestSession:
    session = admit(alice_channel, noon)
    ingest.publish(session)
    return session


def later(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)


def test_what_ingest_hears_is_kept_with_its_time(session: IngestSession, ingest: FakeIngest, noon: datetime) -> None:
    watch(later(noon, 1))
    watch(later(noon, 2))
    heard = read_heard(session.name)
    assert heard is not None
    assert heard.at == later(noon, 1).timestamp()

    ingest.publish(session, bytes_in=2000)
    watch(later(noon, 3))
    heard = read_heard(session.name)
    assert heard is not None
    assert (heard.bytes_in, heard.at) == (2000, later(noon, 3).timestamp())


@pytest.mark.parametrize(("encoder", "announced"), [("OBS", 30.0), (BROWSER, 0.0)])
def test_what_is_composed_here_has_no_rate(
    session: IngestSession, ingest: FakeIngest, noon: datetime, encoder: str, announced: float
) -> None:
    IngestSession.objects.update(encoder=encoder)
    watch(later(noon, 1))

    assert [rate.announced_rate for rate in read_rates(session.broadcast)] == [announced]


def test_a_lost_goodbye_is_noticed(session: IngestSession, ingest: FakeIngest, noon: datetime) -> None:
    ingest.streams.clear()

    watch(later(noon, 10))
    assert Broadcast.objects.get().state == Broadcast.State.LIVE
    watch(later(noon, 11))

    assert Broadcast.objects.get().state == Broadcast.State.INTERRUPTED


def test_an_ingest_that_does_not_answer_proves_nothing(
    session: IngestSession, ingest: FakeIngest, noon: datetime
) -> None:
    ingest.shutdown()
    ingest.server_close()
    for second in range(10, 15):
        watch(later(noon, second))

    assert Broadcast.objects.get().state == Broadcast.State.LIVE


def test_an_ingest_that_stays_silent_has_lost_its_encoders(
    session: IngestSession, ingest: FakeIngest, noon: datetime
) -> None:
    ingest.shutdown()
    ingest.server_close()
    for second in range(10, 33):
        watch(later(noon, second))

    assert Broadcast.objects.get().state == Broadcast.State.INTERRUPTED


def test_whoever_publishes_without_a_session_is_dropped(
    session: IngestSession, ingest: FakeIngest, noon: datetime
) -> None:
    IngestSession.objects.update(ended_at=noon)

    watch(later(noon, 1))

    assert ingest.dropped == [session.name]


@pytest.mark.parametrize(
    ("facts", "code", "word"),
    [
        ({"codec": "Jpeg"}, "codec", "H.264"),
        ({"width": 1922}, "picture_size", "1922x720"),
        ({"height": 1082}, "picture_size", "1280x1082"),
        ({"rate": 61}, "frame_rate", "61 frames"),
    ],
)
def test_what_cannot_be_carried_is_refused_with_the_reason(
    session: IngestSession, ingest: FakeIngest, noon: datetime, facts: dict[str, object], code: str, word: str
) -> None:
    ingest.publish(session, **facts)

    watch(later(noon, 1))

    refusal = Refusal.objects.get()
    assert refusal.code == code
    assert word in refusal.message
    assert ingest.dropped == [session.name]


@pytest.mark.parametrize("facts", [{"width": 1920, "height": 1080, "rate": 60}, {"codec": "", "width": 0}])
def test_at_the_limit_is_carried(
    session: IngestSession, ingest: FakeIngest, noon: datetime, facts: dict[str, object]
) -> None:
    ingest.publish(session, **facts)

    watch(later(noon, 1))

    assert not Refusal.objects.exists()


def test_a_burst_is_no_reason_but_a_lasting_rate_is(session: IngestSession, ingest: FakeIngest, noon: datetime) -> None:
    ingest.publish(session, bitrate=20_000_000)
    for second in range(1, 5):
        watch(later(noon, second))
    ingest.publish(session, bitrate=2_000_000)
    watch(later(noon, 5))
    ingest.publish(session, bitrate=20_000_000)
    for second in range(6, 10):
        watch(later(noon, second))
    assert not Refusal.objects.exists()

    watch(later(noon, 10))

    assert "20 Mb/s" in Refusal.objects.get().message


def test_a_new_picture_size_has_the_session_read_anew(
    session: IngestSession, ingest: FakeIngest, noon: datetime
) -> None:
    watch(later(noon, 1))
    assert not is_asked_to_stop(session)

    ingest.publish(session, width=640, height=360)
    watch(later(noon, 2))

    assert is_asked_to_stop(session)


def test_a_reader_without_the_picture_is_sent_back(session: IngestSession, ingest: FakeIngest, noon: datetime) -> None:
    measured = Health(session=session.name, codecs="mp4a.40.2")
    live_store.look_after([], [], {str(session.broadcast_id): asdict(measured)})

    watch(later(noon, 1))

    assert is_asked_to_stop(session)


def test_hostile_metadata_does_not_blind_the_watch() -> None:
    stat = (
        "<rtmp><server><application><name>live</name><live><stream><name>ab\x01c</name><bw_in>x9</bw_in>"
        "<bytes_in>-4</bytes_in></stream></live></application></server></rtmp>"
    )

    assert parse_stat(stat)["abc"].bytes_in == 0
