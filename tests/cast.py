"""The cast: alice streams, bob watches, carol moderates, dave is a stranger, erin administers."""

from datetime import UTC, datetime

import pytest

from accounts.models import Channel, User


@pytest.fixture
def noon() -> datetime:
    return datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", "alice@example.com", "an alpine password")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", "bob@example.com", "a beach password")


@pytest.fixture
def erin(db: None) -> User:
    return User.objects.create_superuser("erin", "erin@example.com", "an estuary password")


@pytest.fixture
def alice_channel(alice: User) -> Channel:
    return Channel.objects.create(name="alice", title="Alpine mornings", owner=alice)
