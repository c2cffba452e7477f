import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from realtime import outbox
from realtime.models import Delivery, OutboxEvent
from realtime.tasks import deliver_outbox
from tests.realtime.web import wait_for

pytestmark = pytest.mark.django_db

KIND = "test.happened"
Handle = Callable[..., list[Any]]


@pytest.fixture
def handle() -> Iterator[Handle]:
    """Register handlers of KIND that keep what they get; each fails as often as told."""
    before = outbox._handlers.copy()

    def register(name: str = "test.first", failures: int = 0) -> list[Any]:
        got: list[Any] = []

        def handler(payload: outbox.Payload) -> None:
            got.append(dict(payload))
            if len(got) <= failures:
                User.objects.create(username=f"half-done-{len(got)}")
                raise RuntimeError("not yet")

        outbox.register(KIND, name, handler)
        return got

    yield register
    outbox._handlers.clear()
    outbox._handlers.update(before)


def emit(**payload: Any) -> OutboxEvent:
    with transaction.atomic():
        return outbox.emit(KIND, payload)


def deliver_all(now: datetime) -> int:
    count = 0
    while outbox.deliver_next(now) is not None:
        count += 1
    return count


def soon() -> datetime:
    return timezone.now() + timedelta(seconds=1)


def test_every_handler_gets_the_event_once(handle: Handle) -> None:
    first, second = handle("test.first"), handle("test.second")
    emit(broadcast="7")

    assert deliver_all(soon()) == 2
    assert deliver_all(soon()) == 0

    assert first == second == [{"broadcast": "7"}]
    assert set(Delivery.objects.values_list("state", flat=True)) == {Delivery.State.DELIVERED}


def test_workers_deliver_all_that_is_due(handle: Handle) -> None:
    got = handle()
    for number in range(3):
        emit(number=number)

    deliver_outbox()

    assert got == [{"number": 0}, {"number": 1}, {"number": 2}]


def test_an_event_is_as_true_as_its_transaction(handle: Handle) -> None:
    got = handle()
    with transaction.atomic():
        outbox.emit(KIND, {})
        transaction.set_rollback(True)

    assert deliver_all(soon()) == 0
    assert got == []


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_nothing_is_emitted() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        outbox.emit(KIND, {})


def test_a_failing_handler_is_undone_and_tried_again_later_and_later(handle: Handle) -> None:
    failing, other = handle("test.failing", failures=2), handle("test.other")
    emit()
    now = soon()

    assert deliver_all(now) == 2
    assert (len(failing), len(other)) == (1, 1)
    assert deliver_all(now) == 0
    assert deliver_all(now + timedelta(seconds=3)) == 1
    assert deliver_all(now + timedelta(seconds=4)) == 0
    assert deliver_all(now + timedelta(seconds=10)) == 1

    assert (len(failing), len(other)) == (3, 1)
    assert not User.objects.filter(username__startswith="half-done").exists()
    assert Delivery.objects.get(handler="test.failing").attempts == 3


def fail_until_dead(now: datetime) -> Delivery:
    for _ in range(outbox.MAX_ATTEMPTS):
        outbox.deliver_next(now)
        now += outbox.LONGEST_PAUSE * 2
    return Delivery.objects.get()


@pytest.fixture
def _uncollected(settings: Settings) -> None:
    """Pages name their static files plainly: none were collected."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.mark.usefixtures("_uncollected")
def test_a_delivery_is_given_up_and_an_admin_has_it_tried_again(handle: Handle, erin: User, client: Client) -> None:
    got = handle(failures=outbox.MAX_ATTEMPTS)
    emit(number=1)
    delivery = fail_until_dead(soon())
    assert delivery.state == Delivery.State.DEAD
    assert outbox.deliver_next(soon() + timedelta(days=1)) is None

    client.force_login(erin)
    screen = client.get("/admin/realtime/delivery/?state__exact=dead").content.decode()
    assert "RuntimeError: not yet" in screen
    assert KIND in screen
    chosen = {"action": "deliver_again", "_selected_action": [delivery.pk]}
    answer = client.post("/admin/realtime/delivery/", chosen, follow=True)
    assert "1 delivery is tried again." in answer.content.decode()
    assert deliver_all(soon()) == 1

    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.DELIVERED
    assert got[-1] == {"number": 1}
    history = client.get(f"/admin/realtime/delivery/{delivery.pk}/history/").content.decode()
    assert "Changed" in history


def test_a_handler_that_is_gone_keeps_its_events(handle: Handle) -> None:
    handle()
    emit()
    outbox._handlers[KIND].clear()

    outbox.deliver_next(soon())

    assert "no handler is called test.first" in Delivery.objects.get().last_error


def test_delivered_events_go_after_a_week_and_dead_ones_stay(handle: Handle) -> None:
    handle(failures=outbox.MAX_ATTEMPTS)
    dead = emit(number=1)
    fail_until_dead(soon())
    delivered, waiting = emit(number=2), emit(number=3)
    outbox.deliver_next(soon())
    assert outbox.forget_old(timezone.now() + timedelta(days=6)) == 0

    assert outbox.forget_old(timezone.now() + timedelta(days=8)) == 1
    assert set(OutboxEvent.objects.values_list("pk", flat=True)) == {dead.pk, waiting.pk}
    assert outbox.forget_old(timezone.now() + timedelta(days=91)) == 1
    assert delivered.pk != waiting.pk


@pytest.mark.django_db(transaction=True)
def test_workers_beside_each_other_take_different_ones(handle: Handle) -> None:
    got, gate = [], threading.Barrier(4)

    def slow(payload: outbox.Payload) -> None:
        got.append(payload["number"])
        # All four are at one at the same moment, or the barrier breaks.
        gate.wait(timeout=10)

    outbox.register(KIND, "test.slow", slow)
    for number in range(4):
        emit(number=number)

    def work() -> None:
        outbox.deliver_next(soon())
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(got) == [0, 1, 2, 3]
    assert Delivery.objects.filter(state=Delivery.State.DELIVERED).count() == 4


@pytest.mark.django_db(transaction=True)
def test_what_a_dying_worker_was_at_is_delivered_by_another(handle: Handle) -> None:
    got = handle()
    began = threading.Event()

    def die(payload: outbox.Payload) -> None:
        began.set()
        raise KeyboardInterrupt

    outbox.register(KIND, "test.a-dying", die)
    emit()

    def work() -> None:
        with pytest.raises(KeyboardInterrupt):
            deliver_all(soon())
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    wait_for("the worker died", began.is_set)

    waiting = Delivery.objects.get(handler="test.a-dying")
    assert (waiting.state, waiting.attempts) == (Delivery.State.WAITING, 0)
    outbox._handlers[KIND]["test.a-dying"] = lambda payload: None
    deliver_all(soon())
    assert got == [{}]
    assert not Delivery.objects.exclude(state=Delivery.State.DELIVERED).exists()
