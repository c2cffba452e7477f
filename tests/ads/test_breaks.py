"""Breaks and cards: when they may come."""

import json
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from accounts.models import AuditEntry, Channel, User
from ads import chat_slots, store
from ads.actions import call_break, choose, snooze
from ads.breaks import call_due, is_due
from ads.errors import BreakNotAllowed
from ads.models import AdBreak, AdRules, Campaign
from chat.actions import open_main_room
from chat.lines import add_line, lock
from chat.models.messages import SAID
from media_pipeline.date_ranges import announced
from streaming.models import Broadcast
from tests.ads.conftest import Offer, make_line

pytestmark = pytest.mark.django_db
LIB = Path(__file__).parents[2] / "static" / "js" / "lib"


def test_a_break_is_announced_and_then_over(broadcast: Broadcast, alice: User, noon: datetime) -> None:
    call_break(broadcast=broadcast, seconds=60, by=alice, now=noon)

    found = [is_due(broadcast, noon + timedelta(seconds=seconds)) for seconds in (0, 10, 69)]
    assert found == [True, True, True]
    # Whoever is a window behind has the break before them still.
    window = settings.ENV.live_window_s
    assert [is_due(broadcast, noon + timedelta(seconds=70 + window + late)) for late in (0, 6)] == [True, False]
    assert AuditEntry.objects.filter(action="called break").exists()
    with pytest.raises(BreakNotAllowed):
        call_break(broadcast=broadcast, seconds=60, by=alice, now=noon + timedelta(seconds=30))


def test_a_break_is_announced_in_the_playlist(
    broadcast: Broadcast, noon: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    key = str(broadcast.pk)
    assert announced([key]) == {key: []}
    with django_capture_on_commit_callbacks(execute=True):
        row = call_break(broadcast=broadcast, seconds=60, by=None, now=noon)

    (found,) = announced([key, "another"])[key]
    assert (found.class_name, found.facts) == ("org.estrade.ad-break", (("X-ORG-ESTRADE-BREAK", str(row.pk)),))
    assert (found.start, found.planned_s) == (noon + timedelta(seconds=10), 60)


@pytest.mark.parametrize(
    ("due_in_ms", "earliest", "latest"),
    [(-3000, 0, 0), (0, 0, 0), (10_000, 0, 7000), (4000, 0, 2800), (45_000, 35_000, 42_000)],
)
def test_viewers_far_behind_ask_shortly_before_their_break(due_in_ms: int, earliest: int, latest: int) -> None:
    asked = f"console.log(JSON.stringify([0, 1].map((random) => askAfterMs({due_in_ms}, random))))"
    program = f'import {{ askAfterMs }} from "./announced.js"; {asked}'
    command = ["node", "--input-type=module", "--eval", program]

    done = subprocess.run(command, cwd=LIB, capture_output=True, text=True, check=True, timeout=30)

    assert json.loads(done.stdout) == [earliest, latest]


@pytest.mark.parametrize("seconds", [29, 181])
def test_a_break_has_bounds(broadcast: Broadcast, alice: User, noon: datetime, seconds: int) -> None:
    with pytest.raises(BreakNotAllowed):
        call_break(broadcast=broadcast, seconds=seconds, by=alice, now=noon)


def test_the_house_bounds_an_hour(broadcast: Broadcast, alice: User, noon: datetime) -> None:
    AdRules.objects.create(break_s_an_hour=100)
    call_break(broadcast=broadcast, seconds=60, by=alice, now=noon)

    with pytest.raises(BreakNotAllowed):
        call_break(broadcast=broadcast, seconds=60, by=alice, now=noon + timedelta(minutes=30))
    call_break(broadcast=broadcast, seconds=60, by=alice, now=noon + timedelta(minutes=61))


def test_a_schedule_calls_breaks_and_a_snooze_puts_them_off(
    broadcast: Broadcast, alice_channel: Channel, alice: User, noon: datetime
) -> None:
    assert call_due(noon) == 0
    choose(channel=alice_channel, wishes={"break_every_min": 20, "break_s": 30}, by=alice)
    snooze(channel=alice_channel, by=alice, now=noon)

    assert call_due(noon) == 0
    assert call_due(noon + timedelta(minutes=6)) == 1
    assert call_due(noon + timedelta(minutes=20)) == 0
    assert call_due(noon + timedelta(minutes=27)) == 1
    assert AdBreak.objects.filter(seconds=30, by=None).count() == 2


def test_an_ad_of_a_break_fits_into_what_is_left(campaign: Campaign, offer: Offer, noon: datetime) -> None:
    make_line(campaign, noon, format="mid")

    assert offer(format="mid", longest_s=11) is None
    found = offer(format="mid", longest_s=12)
    assert found is not None
    assert found.offer.share_bp == 7000


def test_cards_come_while_people_write_and_not_too_often(
    broadcast: Broadcast, alice_channel: Channel, alice: User, dave: User, noon: datetime
) -> None:
    room = lock(open_main_room(channel=alice_channel))
    for number in range(4):
        assert chat_slots.open_slots(noon) == 0
        add_line(room, noon, author=dave, text=str(number), kind=SAID)

    assert chat_slots.open_slots(noon) == 1
    assert chat_slots.is_open(alice_channel.pk)
    assert chat_slots.open_slots(noon) == 0
    store.client().flushdb()
    choose(channel=alice_channel, wishes={"shows_chat": False}, by=alice)
    assert chat_slots.open_slots(noon) == 0
