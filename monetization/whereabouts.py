"""Which country somebody is in. What isn't known is "", and prices and rules then are the general ones."""

from datetime import datetime
from functools import cache

import maxminddb
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from accounts import audit
from accounts.models import User
from monetization.countries import COUNTRIES, validate_country
from monetization.models import Residence


def creator_country(creator: User | None, at: datetime) -> str:
    """Where a creator lived at a moment, as they said themselves."""
    rows = Residence.objects.filter(user=creator, since__lte=at).values_list("country", flat=True)
    return (rows.first() or "") if creator else ""


@transaction.atomic
def move(*, creator: User, country: str, by: User, now: datetime) -> None:
    """A creator lives in a country from now on; harmless when they do already. Raises ValidationError."""
    validate_country(country)
    User.objects.select_for_update(no_key=True).get(pk=creator.pk)
    if creator_country(creator, now) != country:
        row = Residence.objects.create(user=creator, country=country, since=now)
        audit.record(by, "changed creator's country", creator, country=country, residence=row.pk)


def viewer_country(request: HttpRequest, *, billed_in: str = "") -> str:
    """By the country in which somebody is billed; without one by the trusted header, or else by the address.

    Neither is looked at unless it is configured (GEO_COUNTRY_HEADER, GEO_DATABASE).
    """
    if billed_in in COUNTRIES:
        return billed_in
    return _by_header(request) or _by_address(request.META.get("REMOTE_ADDR", ""))


def _by_header(request: HttpRequest) -> str:
    name = settings.ENV.geo_country_header
    said = request.headers.get(name, "").upper() if name else ""
    return said if said in COUNTRIES else ""


def _by_address(address: str) -> str:
    path = settings.ENV.geo_database
    if not path:
        return ""
    try:
        found = _reader(path).get(address)
    except ValueError:
        return ""
    country = found.get("country") if isinstance(found, dict) else None
    code = country.get("iso_code") if isinstance(country, dict) else None
    return code if isinstance(code, str) and code in COUNTRIES else ""


@cache
def _reader(path: str) -> maxminddb.Reader:
    return maxminddb.open_database(path)
