"""What is asked of Redis, and over how many connections."""

from datetime import datetime
from threading import Thread
from typing import Any

import pytest

from ads import store

pytestmark = pytest.mark.django_db


def ask(noon: datetime, found: list[str]) -> None:
    found.append(store.take(offer="none", event="imp", now=noon, viewer="bob")[0])


def close_own() -> None:
    """Have Redis close the connection that is used next; those of other tests go on."""
    store.client().client_kill_filter(_id=str(store._ask("CLIENT", "ID")))


def connected() -> int:
    info: Any = store.client().info("clients")
    return int(info["connected_clients"])


def test_threads_that_live_for_one_question_share_connections(noon: datetime) -> None:
    found: list[str] = []
    before = connected()
    for _ in range(150):
        thread = Thread(target=ask, args=(noon, found))
        thread.start()
        thread.join()

    assert found == ["gone"] * 150
    assert connected() <= before + 40


def test_questions_at_once_leave_few_connections(noon: datetime) -> None:
    found: list[str] = []
    before = connected()
    threads = [Thread(target=ask, args=(noon, found)) for _ in range(150)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == ["gone"] * 150
    assert connected() <= before + 40


def test_a_connection_that_redis_closed_is_opened_anew(noon: datetime) -> None:
    found: list[str] = []
    ask(noon, found)
    close_own()
    ask(noon, found)

    assert found == ["gone", "gone"]
