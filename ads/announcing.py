"""Breaks in the playlist: as date ranges of a class of our own, so that players that aren't ours see them pass by.

The broadcast's topic tells of a break too; whoever hears of it twice goes by its number.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from redis import RedisError

from ads import store
from ads.models import AdBreak
from media_pipeline import date_ranges
from media_pipeline.date_ranges import DateRange

log = logging.getLogger(__name__)

CLASS, NUMBER = "org.estrade.ad-break", "X-ORG-ESTRADE-BREAK"
# Longer than a break and what is announced of it before, and the playlist after it.
_KEPT_S = 600


def register() -> None:
    date_ranges.register("ads", breaks_of)


def announce(row: AdBreak) -> None:
    """Have it in the playlists within a second. Without Redis the topic's word must do."""
    facts = {"number": row.pk, "at": row.starts_at.isoformat(), "seconds": row.seconds}
    try:
        store.client().set(_key(str(row.broadcast_id)), json.dumps(facts), ex=_KEPT_S)
    except RedisError as error:
        log.warning("break %s isn't in the playlist: %s", row.pk, error)


def breaks_of(broadcasts: Sequence[str]) -> Mapping[str, Sequence[DateRange]]:
    """The last break of each of these broadcasts, at one question."""
    found = store.texts([_key(one) for one in broadcasts])
    return {one: [_range_of(text)] for one, text in zip(broadcasts, found, strict=True) if text}


def _range_of(text: str) -> DateRange:
    facts = json.loads(text)
    start = datetime.fromisoformat(facts["at"])
    return DateRange(f"break-{facts['number']}", CLASS, start, facts["seconds"], ((NUMBER, str(facts["number"])),))


def _key(broadcast: str) -> str:
    return f"ads:break:{broadcast}"
