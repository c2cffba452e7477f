"""The house on one screen, for those who run it."""

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from celery import Celery
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Channel, Report, User
from config.celery import say_ready
from monetization.payout_plans import pay_due
from realtime.models import Delivery, OutboxEvent
from streaming import live_store, tasks
from streaming.models import Broadcast
from streaming.recordings.models import Recording
from tests.monetization.test_payout_plans import plan
from tests.monetization.test_payouts import earn, with_bank
from tests.streaming.conftest import SetEnv

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house", "media_dir")]
PATH = "/admin/overview/"
HEALTH = {
    "codecs": "avc1.64001f,mp4a.40.2",
    "width": 1280,
    "height": 720,
    "frame_rate": 30.0,
    "bitrate_bps": 2_500_000,
    "gop_s": 2.0,
    "serving": "copy",
    "reencode_failed": False,
    "shed": [],
}


@pytest.fixture
def house(client: Client, erin: User) -> Client:
    """Erin looks, and every worker was heard of just now."""
    client.force_login(erin)
    for queue in ("urgent", "default", "batch"):
        live_store.note_beat(queue, timezone.now().timestamp())
    return client


def go_live(owner: User, number: int) -> Broadcast:
    channel = Channel.objects.create(name=f"channel{number}", owner=owner)
    broadcast = Broadcast.objects.create(channel=channel, title=f"Show {number}", started_at=timezone.now(), viewers=7)
    live_store.keep_json(f"health:{broadcast.pk}", HEALTH)
    live_store.client().set(f"lease:{broadcast.pk}", "1 local boot", ex=60)
    return broadcast


def test_a_quiet_house_needs_nobody(house: Client) -> None:
    text = house.get(PATH).text

    assert "The house runs by itself" in text
    assert "Nobody is on air" in text
    assert PATH in house.get("/admin/").text


def test_it_shows_what_is_on_air_and_where_to_end_it(house: Client, alice: User) -> None:
    broadcast = go_live(alice, 1)

    text = house.get(PATH).text

    for told in (
        "@channel1",
        "Show 1",
        "H.264 1280×720",
        "2.5 Mb/s",
        "1 broadcast on air",
        f"id__exact={broadcast.pk}",
    ):
        assert told in text
    rows = house.get(f"/admin/streaming/broadcast/?id__exact={broadcast.pk}").context["cl"].result_list
    assert [row.pk for row in rows] == [broadcast.pk]


def test_payouts_of_the_schedule_wait_for_the_bank(house: Client, alice: User) -> None:
    now = timezone.now()
    earn(plan(with_bank(alice, now), "monthly", now), 1000, now)
    pay_due(now)

    assert "Payout batches to export" in house.get(PATH).text
    waiting = house.get("/admin/monetization/payoutbatch/?exported_at__isempty=1").context["cl"].result_list
    assert [batch.payouts.count() for batch in waiting] == [1]


def test_what_nobody_packages_needs_somebody(house: Client, alice: User) -> None:
    broadcast = go_live(alice, 1)
    live_store.client().delete(f"lease:{broadcast.pk}")

    assert "Nobody packages @channel1" in house.get(PATH).text


def fill(alice: User, noon: datetime) -> None:
    """One of everything that waits for somebody."""
    broadcast = go_live(alice, 1)
    Channel.objects.create(name="pending", owner=alice, is_pending=True, is_suspended=True)
    Report.objects.create(kind="user", target_id="x", label="x", reason="spam", created_at=noon)
    event = OutboxEvent.objects.create(kind="x", payload={})
    Delivery.objects.create(event=event, handler="h", state="dead", next_attempt_at=noon)
    Recording.objects.create(
        broadcast=broadcast, media_path="1" * 32, key="1" * 32, state="failed", problem="damaged", started_at=noon
    )
    Recording.objects.create(
        broadcast=broadcast, media_path="2" * 32, key="2" * 32, state="processing", problem="disk", started_at=noon
    )


def test_what_waits_for_somebody_leads_to_where_one_acts(house: Client, alice: User, noon: datetime) -> None:
    fill(alice, noon)

    troubles = house.get(PATH).context["troubles"]

    assert {(one.name, one.value) for one in troubles} == {
        ("Reports open", "1"),
        ("Channels that await approval", "1"),
        ("Recordings that failed", "1"),
        ("Recordings in trouble, tried again", "1"),
        ("Events given up", "1"),
    }
    for one in troubles:
        assert len(house.get(one.url).context["cl"].result_list) >= 1


def test_full_disks_and_silent_workers_are_told(house: Client, set_env: SetEnv, tmp_path: Path) -> None:
    set_env(min_free_disk_mb=10**9, media_dir=tmp_path / "not" / "made" / "yet")
    live_store.client().delete("beat:batch")
    live_store.note_beat("urgent", timezone.now().timestamp() - 100)

    told = {str(one.name) for one in house.get(PATH).context["troubles"]}

    assert told == {"Free for live media", "Batch worker", "Urgent worker and beat"}


def test_workers_are_heard_of_by_what_they_do(erin: User, client: Client, media_dir: Path) -> None:
    client.force_login(erin)
    assert len([one for one in client.get(PATH).context["beats"] if one.is_bad]) == 3

    tasks.sweep_broadcasts()
    tasks.sweep_media()
    tasks.refresh_thumbnails()

    assert not [one for one in client.get(PATH).context["beats"] if one.is_bad]


def test_a_worker_is_heard_of_as_soon_as_it_takes_work(house: Client) -> None:
    live_store.client().delete("beat:batch", "beat:default")
    worker = Celery(set_as_current=False)
    worker.amqp.queues.select(["batch"])

    say_ready(SimpleNamespace(app=worker))

    troubles = {str(one.name) for one in house.get(PATH).context["troubles"]}
    assert "Default worker" in troubles
    assert "Batch worker" not in troubles


def test_queues_are_counted(house: Client) -> None:
    live_store.client().rpush("batch", "a", "b")

    assert {one.name: one.value for one in house.get(PATH).context["queues"]}["batch"] == "2"


def test_it_stands_while_redis_is_away(house: Client, alice: User, set_env: SetEnv) -> None:
    go_live(alice, 1)
    live_store.client.cache_clear()
    set_env(redis_url="redis://127.0.0.1:1/0")
    try:
        answer = house.get(PATH)
    finally:
        live_store.client.cache_clear()

    assert answer.status_code == 200
    assert [str(one.name) for one in answer.context["troubles"]] == ["Redis"]


def test_it_costs_the_same_however_much_is_on(house: Client, alice: User, noon: datetime) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            house.get(PATH)
        return len(queries)

    fill(alice, noon)
    assert cost() == 9
    for number in range(2, 12):
        go_live(alice, number)
    assert cost() == 9
