"""Which country somebody is in: by card, by the trusted header, by the address."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from django.utils import translation

from accounts.models import AuditEntry, User
from monetization.availability import check_offered, is_offered
from monetization.countries import COUNTRIES, country_choices, country_name
from monetization.errors import NotOfferedThere
from monetization.models import Availability, Residence
from monetization.whereabouts import creator_country, move, viewer_country
from tests.streaming.conftest import set_env

__all__ = ["set_env"]


@pytest.mark.django_db
def test_a_creator_lives_where_they_say_from_then_on(alice: User, noon: datetime) -> None:
    move(creator=alice, country="MA", by=alice, now=noon)
    move(creator=alice, country="FR", by=alice, now=noon + timedelta(days=1))
    move(creator=alice, country="FR", by=alice, now=noon + timedelta(days=2))

    days = [creator_country(alice, noon + timedelta(days=day)) for day in (-1, 0, 1, 3)]
    assert days == ["", "MA", "FR", "FR"]
    assert Residence.objects.count() == AuditEntry.objects.filter(action="changed creator's country").count() == 2
    assert creator_country(None, noon) == ""


@pytest.mark.django_db
def test_there_are_no_other_countries(alice: User, noon: datetime) -> None:
    with pytest.raises(ValidationError):
        move(creator=alice, country="ZZ", by=alice, now=noon)


def test_the_card_says_more_than_the_header(set_env: Any) -> None:
    asks = RequestFactory().get("/", headers={"cf-ipcountry": "de"})
    assert viewer_country(asks) == ""

    set_env(geo_country_header="CF-IPCountry")
    assert viewer_country(asks) == viewer_country(asks, billed_in="??") == "DE"
    assert viewer_country(asks, billed_in="TN") == "TN"
    assert viewer_country(RequestFactory().get("/", headers={"cf-ipcountry": "XX"})) == ""


@pytest.mark.parametrize(("address", "country"), [("203.0.113.9", "MA"), ("198.51.100.1", ""), ("nonsense", "")])
def test_an_address_is_looked_up_in_the_configured_file(
    address: str, country: str, set_env: Any, tmp_path: Path
) -> None:
    path = tmp_path / "countries.mmdb"
    path.write_bytes(country_file("203.0.113.0/24", "MA"))
    set_env(geo_database=str(path))

    assert viewer_country(RequestFactory().get("/", REMOTE_ADDR=address)) == country


@pytest.mark.django_db
def test_a_feature_is_offered_where_a_row_says() -> None:
    assert is_offered("ticket", "FR", "")
    row = Availability.objects.create(feature="ticket", countries=["FR", "MA"], is_allow_list=True)
    assert is_offered("ticket", "FR", "MA")
    assert not is_offered("ticket", "FR", "US")
    assert not is_offered("ticket", "")
    assert is_offered("tip", "US")

    row.is_allow_list = False
    row.save()
    assert is_offered("ticket", "US", "")
    with pytest.raises(NotOfferedThere):
        check_offered("ticket", "US", "FR")


def test_countries_have_names_in_the_readers_language() -> None:
    assert all(country_name(code) != code for code in COUNTRIES)
    with translation.override("fr"):
        names = [name for _code, name in country_choices()]
    assert names.index("Estonie") < names.index("États-Unis") < names.index("Fidji")


def country_file(network: str, country: str) -> bytes:
    """A MaxMind DB (format 2.0) of one IPv4 network: a chain of nodes, one a bit."""
    address, _slash, length = network.partition("/")
    bits = "".join(f"{int(part):08b}" for part in address.split("."))[: int(length)]
    count = len(bits)
    tree = b""
    for number, bit in enumerate(bits):
        onward = number + 1 if number + 1 < count else count + 16
        pair = (count, onward) if bit == "1" else (onward, count)
        tree += b"".join(record.to_bytes(3, "big") for record in pair)
    facts = _map(_text("country"), _map(_text("iso_code"), _text(country)))
    about = _map(
        *(_text("node_count"), b"\xc1" + bytes([count])),
        *(_text("record_size"), b"\xa1\x18", _text("ip_version"), b"\xa1\x04"),
        *(_text("database_type"), _text("Country"), _text("languages"), b"\x00\x04"),
        *(_text("binary_format_major_version"), b"\xa1\x02", _text("binary_format_minor_version"), b"\xa0"),
        *(_text("build_epoch"), b"\x01\x02\x01", _text("description"), b"\xe0"),
    )
    return tree + bytes(16) + facts + b"\xab\xcd\xefMaxMind.com" + about


def _text(text: str) -> bytes:
    return (
        bytes([0x40 | len(text)]) + text.encode() if len(text) < 29 else bytes([0x5D, len(text) - 29]) + text.encode()
    )


def _map(*parts: bytes) -> bytes:
    return bytes([0xE0 | len(parts) // 2]) + b"".join(parts)
