"""What every test has: the cast, a time limit, English, and a Redis database of its worker's own."""

import os
from collections.abc import Generator, Iterator

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import translation

pytest_plugins = ["tests.cast", "tests.database", "tests.house", "tests.sockets", "tests.monetization.sandbox"]

LIMIT_S = 45.0


def pytest_addoption(parser: pytest.Parser) -> None:
    says = "which gateway the tests of `test_either.py` ask: the sandbox, or Stripe in test mode (STRIPE_TEST_KEY)"
    parser.addoption("--stripe", choices=("sandbox", "real"), default="sandbox", help=says)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"slow_ok: may take more than {LIMIT_S:.0f} s")
    config.addinivalue_line("markers", "soak: a full table, for `make soak`")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that takes too long without saying so."""
    report = yield
    if report.when == "call" and report.passed and call.duration > LIMIT_S and not item.get_closest_marker("slow_ok"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} took {call.duration:.0f} s, more than {LIMIT_S:.0f} s"
    return report


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    """A request leaves its language behind in the thread, which is the test's own here."""
    yield
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="session", autouse=True)
def _own_settings() -> Iterator[None]:
    """Workers beside each other empty their Redis between tests: each has a database of its own.

    Argon2 is slow on purpose, and tests keep no secrets; nothing is collected, so files keep their names.
    """
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1
    url = f"{settings.ENV.redis_url.partition('?')[0]}?db={number}"
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        ENV=settings.ENV.model_copy(update={"redis_url": url}),
        CACHES={"default": settings.CACHES["default"] | {"LOCATION": url}},
        STORAGES=settings.STORAGES | {"staticfiles": static},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ):
        yield
