"""The cast: alice streams, bob watches, carol moderates, dave is a stranger, erin administers."""

from datetime import UTC, datetime

import pytest

from accounts.models import Channel, User


@pytest.fixture
def noon() -> datetime:
    return datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def _join(name: str, **facts: bool) -> User:
    """Somebody without a password: tests log them in by `force_login`, and hash nothing."""
    user = User(username=name, email=f"{name}@example.com", **facts)
    user.set_unusable_password()
    user.save()
    return user


@pytest.fixture
def alice(db: None) -> User:
    return _join("alice")


@pytest.fixture
def bob(db: None) -> User:
    return _join("bob")


@pytest.fixture
def carol(db: None) -> User:
    return _join("carol")


@pytest.fixture
def dave(db: None) -> User:
    return _join("dave")


@pytest.fixture
def erin(db: None) -> User:
    return _join("erin", is_staff=True, is_superuser=True)


@pytest.fixture
def alice_channel(alice: User) -> Channel:
    return Channel.objects.create(name="alice", title="Alpine mornings", owner=alice)
