"""Neighbourhoods: one key for all who live there, which tells nobody where that is."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.networks import network_of

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other", "are_near"),
    [
        ("203.0.113.1", "203.0.113.254", True),
        ("203.0.113.1", "203.0.114.1", False),
        ("2001:db8:1:200::1", "2001:db8:1:2ff::9", True),
        ("2001:db8:1:200::1", "2001:db8:1:300::1", False),
    ],
)
def test_who_lives_together_is_counted_together(one: str, other: str, are_near: bool) -> None:
    assert (network_of(one, NOON) == network_of(other, NOON)) is are_near


def test_a_key_is_another_one_tomorrow_and_tells_no_address() -> None:
    key = network_of("203.0.113.1", NOON)
    assert key != network_of("203.0.113.1", NOON + timedelta(days=1))
    assert key == network_of("203.0.113.9", NOON + timedelta(hours=11))
    assert "203.0.113" not in key


def test_what_is_no_address_is_nobodys() -> None:
    assert network_of("", NOON) == network_of("unix:", NOON) == ""
