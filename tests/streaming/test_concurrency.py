"""Two at once, against real PostgreSQL."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection

from accounts.models import Channel
from streaming import actions
from streaming.errors import Refused
from streaming.models import Broadcast, IngestSession
from tests.streaming.conftest import FakeIngest


@pytest.mark.django_db(transaction=True)
def test_of_many_encoders_at_once_one_is_admitted(alice_channel: Channel, ingest: FakeIngest) -> None:
    outcomes: list[str] = []
    gate = threading.Barrier(6)

    def try_it(number: int) -> None:
        gate.wait()
        try:
            encoder = actions.Encoder("192.0.2.1", "local", "b", str(number))
            now = datetime(2026, 6, 1, 12, tzinfo=UTC)
            actions.admit_encoder(key=alice_channel.stream_key, encoder=encoder, now=now)
            outcomes.append("admitted")
        except Refused as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["admitted"] + ["already_live"] * 5
    assert Broadcast.objects.count() == IngestSession.objects.count() == 1
