"""From Redis to PostgreSQL: the stream of events, each counted once.

How far it was read is a row that changes in the transaction that counts. A flush that dies anywhere is done again from
there; only what is committed is taken off the stream.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.models import Channel
from ads import store
from ads.amounts import split
from ads.charging import note_charges
from ads.models import AdCharge, AdHour, AdRules, Creative, FlushOffset, LineItem
from ads.rules import house_rules
from ads.summing import note_days

AT_A_TIME = 1000
_COUNTED = {
    "imp": "impressions",
    "v2": "viewable",
    "q1": "first_quartile",
    "mid": "midpoint",
    "q3": "third_quartile",
    "view": "views",
    "complete": "completions",
    "skip": "skips",
    "click": "clicks",
}
_Key = tuple[datetime, int, int, int, str]


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the stream."""

    offer: str
    name: str
    at: datetime
    billed: int
    facts: Mapping[str, Any]

    @classmethod
    def parse(cls, fields: Mapping[str, str]) -> "Event":
        at = datetime.fromtimestamp(int(fields["at"]) / 1000, UTC)
        return cls(fields["offer"], fields["event"], at, int(fields["billed"]), json.loads(fields["facts"]))

    @property
    def shares(self) -> tuple[int, int]:
        return split(self.billed, self.facts["share_bp"])

    @property
    def hour(self) -> _Key:
        facts = self.facts
        hour = self.at.replace(minute=0, second=0, microsecond=0)
        return hour, facts["line"], facts["creative"], facts["channel"], facts["broadcast"]


def flush() -> int:
    """Bring everything into PostgreSQL that is there; how many events it was."""
    count = 0
    while found := flush_some():
        count += found
    return count


def flush_some(at_a_time: int = AT_A_TIME) -> int:
    with transaction.atomic():
        FlushOffset.objects.get_or_create(pk=1)
        offset = FlushOffset.objects.select_for_update().get(pk=1)
        entries = store.events_after(offset.last_id, at_a_time)
        if not entries:
            return 0
        events = _billed_once(_still_there([Event.parse(fields) for _id, fields in entries]))
        _count(events)
        _charge([event for event in events if event.billed], house_rules())
        offset.last_id = entries[-1][0]
        offset.save(update_fields=["last_id"])
    store.forget_events(offset.last_id)
    return len(entries)


def _still_there(events: list[Event]) -> list[Event]:
    """Without those whose line, creative or channel somebody has deleted: one of them would hold up all others."""
    found: dict[str, set[int]] = {}
    for name, rows in (("line", LineItem.objects), ("creative", Creative.objects), ("channel", Channel.objects)):
        told = {event.facts[name] for event in events}
        found[name] = set(rows.filter(pk__in=told).values_list("pk", flat=True))
    return [event for event in events if all(event.facts[name] in there for name, there in found.items())]


def _billed_once(events: list[Event]) -> list[Event]:
    """A Redis that was put back to an earlier state may bill an offer again: then it costs nothing."""
    billed = [event.offer for event in events if event.billed]
    charged = set(AdCharge.objects.filter(pk__in=billed).values_list("pk", flat=True))
    once = []
    for event in events:
        once.append(replace(event, billed=0) if event.offer in charged else event)
        if event.billed:
            charged.add(event.offer)
    return once


def _count(events: Iterable[Event]) -> None:
    sums: dict[_Key, Counter[str]] = defaultdict(Counter)
    days: dict[tuple[date, int], Counter[str]] = defaultdict(Counter)
    for event in events:
        told = {_COUNTED[event.name]: 1, "gross_micros": event.billed, "streamer_micros": event.shares[0]}
        sums[event.hour].update(told)
        days[event.at.date(), event.facts["line"]].update(told)
    for (hour, line, creative, channel, broadcast), counts in sorted(sums.items(), key=lambda pair: pair[0]):
        row, _new = AdHour.objects.get_or_create(
            hour=hour, line_id=line, creative_id=creative, channel_id=channel, broadcast_id=broadcast
        )
        AdHour.objects.filter(pk=row.pk).update(**{name: F(name) + count for name, count in counts.items()})
    note_days(days)


def _charge(events: Iterable[Event], rules: AdRules) -> None:
    made = [_charge_for(event, rules) for event in events]
    if made:
        AdCharge.objects.bulk_create(made)
        note_charges(made)


def _charge_for(event: Event, rules: AdRules) -> AdCharge:
    streamer, platform = event.shares
    facts = event.facts
    days = rules.chat_hold_days if facts["format"] == "chat" else rules.hold_days
    return AdCharge(
        offer=event.offer,
        line_id=facts["line"],
        advertiser_id=facts["advertiser"],
        channel_id=facts["channel"],
        creator_id=facts["creator"],
        broadcast_id=facts["broadcast"],
        format=facts["format"],
        event=event.name,
        network=facts["network"],
        currency=facts["currency"],
        gross_micros=event.billed,
        streamer_micros=streamer,
        platform_micros=platform,
        happened_at=event.at,
        clears_at=event.at + timedelta(days=days),
    )
