"""Whose sockets stay, and whose don't."""

from collections.abc import Callable

import pytest
from django.test import Client
from websockets.exceptions import ConnectionClosed

from accounts.models import User
from realtime import close_sockets_of, recheck_on_commit
from realtime.hub import CROWDED, GONE
from streaming.models import Broadcast
from tests.realtime.conftest import OpenPage
from tests.realtime.web import Page, log_in, wait_for
from tests.streaming.conftest import SetEnv, set_env

__all__ = ["set_env"]

WITHIN_S = 5.0


def test_logging_out_closes_the_sockets_of_that_session_alone(page: OpenPage, bob: User) -> None:
    cookie, elsewhere = log_in(bob), log_in(bob)
    here, there, stranger = page(Cookie=cookie), page(Cookie=elsewhere), page()
    browser = Client()
    browser.cookies["sessionid"] = cookie.partition("=")[2]

    browser.post("/accounts/logout/")

    assert here.await_close(WITHIN_S) == GONE
    assert there.ask("test-echo")["result"]["by"] == "bob"
    assert stranger.ask("ping")["result"] is None
    assert page(Cookie=cookie).ask("test-echo")["result"]["by"] == ""


def _new_password(user: User) -> None:
    user.set_password("another battery staple")
    user.save()


def _suspend(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def _delete(user: User) -> None:
    user.delete()


@pytest.mark.parametrize("happen", [_new_password, _suspend, _delete])
def test_what_ends_sessions_ends_their_sockets(page: OpenPage, bob: User, happen: Callable[[User], None]) -> None:
    cookie = log_in(bob)
    first, second, alice = page(Cookie=cookie), page(Cookie=log_in(bob)), page()

    happen(bob)

    assert first.await_close(WITHIN_S) == GONE
    assert second.await_close(WITHIN_S) == GONE
    assert alice.ask("ping")["result"] is None
    assert page(Cookie=cookie).ask("test-echo")["result"]["by"] == ""


def test_a_suspended_user_does_nothing_even_before_the_socket_closes(page: OpenPage, bob: User) -> None:
    visitor = page(Cookie=log_in(bob))
    _suspend(bob)

    assert visitor.ask("test-echo")["result"]["by"] == ""


def test_sockets_close_at_once_when_told(page: OpenPage, bob: User, alice: User) -> None:
    bobs, alices = page(Cookie=log_in(bob)), page(Cookie=log_in(alice))

    close_sockets_of(bob.pk)

    assert bobs.await_close(1.0) == GONE
    assert alices.ask("test-echo")["result"]["by"] == "alice"


def test_who_may_not_follow_any_more_is_parted_when_asked_anew(
    page: OpenPage, broadcast: Broadcast, alice: User
) -> None:
    topic = f"broadcast.{broadcast.pk}"
    owner, stranger = page(Cookie=log_in(alice)), page()
    owner.follow(topic)
    stranger.follow(topic)
    wait_for("both are counted", lambda: owner.read("presence")["count"] == 2)
    broadcast.channel.is_suspended = True
    broadcast.channel.save()

    recheck_on_commit(topic)

    assert stranger.read("closed", within_s=2.0)["topic"] == topic
    assert owner.read("presence")["count"] == 1


def gets_in(page: Page) -> bool:
    try:
        return page.ask("ping")["result"] is None
    except ConnectionClosed:
        return False


@pytest.fixture
def crowd(page: OpenPage, set_env: SetEnv) -> Callable[..., list[Page]]:
    """Open pages until there are as many as may be."""
    set_env(sockets_per_account=2, sockets_per_address=3)

    def fill(count: int, **headers: str) -> list[Page]:
        pages = [page(**headers) for _ in range(count)]
        for one in pages:
            one.ask("ping")
        return pages

    return fill


def test_sockets_of_an_account_are_bounded(crowd: Callable[..., list[Page]], page: OpenPage, bob: User) -> None:
    cookie = log_in(bob)
    first, _ = (crowd(1, Cookie=cookie, **{"X-Forwarded-For": f"192.0.2.{n}"})[0] for n in (1, 2))

    assert page(Cookie=cookie, **{"X-Forwarded-For": "192.0.2.3"}).await_close() == CROWDED

    first.close()
    wait_for("there is room again", lambda: gets_in(page(Cookie=cookie, **{"X-Forwarded-For": "192.0.2.3"})))


@pytest.mark.parametrize(
    ("many", "another", "stranger"),
    [
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"),
        ("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.9"),
    ],
)
def test_sockets_of_an_address_are_bounded(
    crowd: Callable[..., list[Page]], page: OpenPage, many: str, another: str, stranger: str
) -> None:
    crowd(3, **{"X-Forwarded-For": many})

    assert page(**{"X-Forwarded-For": another}).await_close() == CROWDED
    assert page(**{"X-Forwarded-For": stranger}).ask("ping")["result"] is None
