from dataclasses import asdict
from datetime import datetime, timedelta

import pytest

from accounts.models import Channel, Follow, User
from media_pipeline.packager import Health
from streaming import live_store
from streaming.health import Rate, keep_rate, read_health, read_rates
from streaming.models import Broadcast
from streaming.statistics import SAMPLE_S, figures_of, plots_of, sample_all, with_figures
from streaming.watching import count_viewers, read_audience

pytestmark = pytest.mark.django_db


def watch(broadcast: Broadcast, now: datetime, **latencies: int) -> None:
    """Players were seen by the edge, each with its delay in milliseconds."""
    for player, latency in latencies.items():
        live_store.client().zadd(f"watching:{broadcast.media_path}", {player: now.timestamp()})
        live_store.client().zadd(f"latency:{broadcast.media_path}", {player: latency})


@pytest.fixture
def broadcast(alice_channel: Channel, noon: datetime) -> Broadcast:
    return Broadcast.objects.create(channel=alice_channel, started_at=noon, shown_at=noon)


def sample(now: datetime) -> None:
    live_store.client().delete("audiences-sampled")
    sample_all(now)


def test_players_are_counted_while_they_are_seen(broadcast: Broadcast, noon: datetime) -> None:
    watch(broadcast, noon, a=1500, b=2500, c=9000)
    later = noon + timedelta(seconds=30)
    watch(broadcast, later, a=1600)

    assert count_viewers(broadcast.media_path, later) == 3
    gone = noon + timedelta(seconds=45)
    assert count_viewers(broadcast.media_path, gone) == 1
    audience = read_audience(broadcast.media_path, gone)
    assert (audience.viewers, audience.latency_ms) == (1, 1600)
    assert live_store.client().zcard(f"latency:{broadcast.media_path}") == 1


def test_a_minute_keeps_the_most_and_adds_up_the_rest(broadcast: Broadcast, noon: datetime) -> None:
    watch(broadcast, noon, a=1500, b=2500)
    sample(noon)
    watch(broadcast, noon + timedelta(seconds=35), a=1500)
    sample(noon + timedelta(seconds=45))
    sample(noon + timedelta(seconds=65))

    first, second = broadcast.minutes.all()
    assert (first.viewers, first.viewer_s, first.sampled_s) == (2, 3 * SAMPLE_S, 2 * SAMPLE_S)
    assert (second.viewers, second.latency_ms) == (1, 1500)
    assert plots_of(broadcast)["viewers"] == [2, 1]
    broadcast.refresh_from_db()
    assert broadcast.viewers == 1


def test_one_beat_told_twice_counts_once(broadcast: Broadcast, noon: datetime) -> None:
    watch(broadcast, noon, a=1500)
    sample(noon)
    sample_all(noon)

    assert broadcast.minutes.get().viewer_s == SAMPLE_S


def test_nobody_is_counted_at_a_rehearsal(broadcast: Broadcast, noon: datetime) -> None:
    Broadcast.objects.update(shown_at=None, visibility="rehearsal")
    watch(broadcast, noon, a=1500)
    sample(noon)

    assert not broadcast.minutes.exists()


def test_figures_of_a_broadcast(
    broadcast: Broadcast, alice_channel: Channel, bob: User, carol: User, noon: datetime
) -> None:
    for second in (0, 10, 20):
        watch(broadcast, noon + timedelta(seconds=second), a=1, b=1, **({"c": 1} if second == 20 else {}))
        sample(noon + timedelta(seconds=second))
    for user, minutes in ((bob, 5), (carol, -5)):
        follow = Follow.objects.create(channel=alice_channel, user=user)
        Follow.objects.filter(pk=follow.pk).update(created_at=noon + timedelta(minutes=minutes))
    Broadcast.objects.update(state="ended", ended_at=noon + timedelta(minutes=10))

    figures = figures_of(with_figures(Broadcast.objects.all()).get())

    assert (figures.peak, figures.follows) == (3, 1)
    assert figures.average == pytest.approx(7 / 3)
    assert figures.watched == timedelta(seconds=70)


def health(**facts: object) -> Health:
    return Health(codecs="avc1.640028,mp4a.40.2", width=1920, height=1080, frame_rate=30.0, gop_s=2.0, **facts)  # type: ignore[arg-type]


def rates(broadcast: Broadcast, noon: datetime, *bitrates: int, announced: float = 30.0) -> None:
    for second, bitrate in enumerate(bitrates):
        live_store.client().delete(f"rate-kept:{broadcast.pk}")
        keep_rate(str(broadcast.pk), Rate(noon.timestamp() + second, bitrate, announced))


@pytest.mark.parametrize(
    ("bitrates", "announced", "word"),
    [
        ([6_000_000] * 20, 30.0, ""),
        ([1_000_000] * 20, 30.0, "blocky"),
        ([6_000_000] * 20 + [1_000_000], 30.0, "half"),
        ([0] * 5 + [6_000_000] * 16, 30.0, ""),
        ([11_900_000] * 20, 30.0, "limit"),
        ([6_000_000] * 20, 60.0, "overloaded"),
        ([1_000_000] * 5, 60.0, ""),
        ([6_000_000] * 20 + [200_000], 0.0, ""),
    ],
)
def test_advice(broadcast: Broadcast, noon: datetime, bitrates: list[int], announced: float, word: str) -> None:
    live_store.look_after([], [], {str(broadcast.pk): asdict(health())})
    rates(broadcast, noon, *bitrates, announced=announced)

    told = read_health(broadcast)

    assert told is not None
    assert len(told.advice) == bool(word), told.advice
    assert word in "".join(told.advice)


def test_the_last_minutes_are_kept_and_no_more(broadcast: Broadcast, noon: datetime) -> None:
    rates(broadcast, noon, *range(1, 201))

    kept = read_rates(broadcast)

    assert (len(kept), kept[0].bitrate_bps, kept[-1].bitrate_bps) == (150, 51, 200)
