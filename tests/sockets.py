"""Daphne and pages' sockets, for tests of what goes over them."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from realtime import broker, commands
from realtime.errors import CommandRefused
from tests.realtime.web import OwnWeb, Page, run_in_thread

OpenPage = Callable[..., Page]
StartWeb = Callable[..., OwnWeb]


def attend(topic: str, *people: User) -> None:
    """Have these people's pages follow a topic, as another process would say."""
    broker.client().zadd(broker.key_of("processes"), {"elsewhere": time.time()})
    broker.client().sadd(broker.key_of(f"here:{topic}:elsewhere"), *(person.pk for person in people))


def _echo(caller: commands.Caller, payload: commands.Payload) -> Mapping[str, Any]:
    return {"said": payload.get("text"), "by": caller.user.get_username(), "from": caller.address}


def _refuse(caller: commands.Caller, payload: commands.Payload) -> None:
    raise CommandRefused("The room is closed.", code="closed")


def _stumble(caller: commands.Caller, payload: commands.Payload) -> None:
    raise RuntimeError("nobody should read this")


@pytest.fixture(scope="session")
def web_port() -> int:
    """The daphne that all tests of a process share."""
    from config.asgi import application

    for name, handler in {"test-echo": _echo, "test-refuse": _refuse, "test-stumble": _stumble}.items():
        commands.register(name, handler)
    return run_in_thread(application)


@pytest.fixture
def page(transactional_db: None, web_port: int) -> Iterator[OpenPage]:
    """Open pages' sockets; they are closed at the end of the test."""
    pages: list[Page] = []

    def open_page(path: str = "/ws/", **headers: str) -> Page:
        pages.append(Page(web_port, path, **headers))
        return pages[-1]

    yield open_page
    for one in pages:
        one.close()


@pytest.fixture
def own_web(transactional_db: None, tmp_path: Path) -> Iterator[StartWeb]:
    """Start daphnes of the test's own; those that still run at its end are stopped."""
    webs: list[OwnWeb] = []

    def start(**environment: str) -> OwnWeb:
        name = connection.settings_dict["NAME"]
        webs.append(OwnWeb(str(name), tmp_path / f"web-{len(webs)}.log", **environment))
        return webs[-1]

    yield start
    for web in webs:
        web.process.kill()
        web.process.wait()
