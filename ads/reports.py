"""What ads did: for whoever pays for them, and for whoever shows them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncDay

from accounts.models import Channel
from ads.amounts import MICROS, to_money
from ads.models import AdCharge, AdHour, Campaign

DAYS = 60
_SUMS = {name: Sum(name) for name in (*AdHour.COUNTS, "gross_micros", "streamer_micros")}


