"""Decisions as VAST 4.2: as IAB's schema has it, and as a library for players reads it."""

import json
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Channel
from ads import candidates
from ads.models import Campaign, Creative
from ads.vast import render_vast
from streaming import live_store
from streaming.models import Broadcast
from tests.ads.conftest import Offer, make_line
from tests.ads.vast_schema import violations

pytestmark = pytest.mark.django_db
READER = Path(__file__).with_name("read_vast.mjs")


@pytest.fixture
def rendered(line: object, offer: Offer) -> str:
    # What would break it if it weren't escaped.
    Creative.objects.filter(kind="video").update(title='<Fresh> & "warm"', width=1280, height=720)
    return render_vast(offer())


def test_it_is_as_the_schema_has_it(rendered: str) -> None:
    assert violations(rendered) == []
    assert violations(render_vast(None)) == []


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("<AdSystem>Estrade</AdSystem>", "", "InLine has AdSystem 0 times"),
        (' idRegistry="', ' registry="', "UniversalAdId lacks idRegistry"),
        ("<Duration>00:00:12.000</Duration>", "<Duration>12</Duration>", "Duration says '12'"),
        ('skipoffset="00:00:05.000"', 'skipoffset="5"', "Linear has skipoffset=5"),
        ('event="midpoint"', 'event="middle"', "Tracking has event=middle"),
        ("<VideoClicks>", "<VideoClicks><Video />", "VideoClicks has ['Video']"),
        ("<Impression>", "<Impression>[CACHEBUSTING]", "Impression says"),
        ('delivery="progressive" ', "", "MediaFile lacks delivery"),
        ('<Ad id="', '<Ad><Wrapper /></Ad><Ad id="', "Ad has InLine 0 times"),
    ],
)
def test_what_the_schema_refuses_is_refused(rendered: str, before: str, after: str, says: str) -> None:
    assert before in rendered

    assert any(one.startswith(says) for one in violations(rendered.replace(before, after)))


def test_a_player_reads_it(rendered: str) -> None:
    done = subprocess.run(["node", READER], input=rendered, capture_output=True, text=True, check=True, timeout=30)
    read = json.loads(done.stdout)
    (ad,) = read["ads"]

    assert (read["version"], ad["system"], ad["title"]) == ("4.2", "Estrade", '<Fresh> & "warm"')
    assert (ad["advertiser"], ad["duration"], ad["skipDelay"]) == ("Bakery", 12, 5)
    assert [file["mimeType"] for file in ad["files"]] == ["video/mp4", "application/vnd.apple.mpegurl"]
    assert {(file["width"], file["height"]) for file in ad["files"]} == {(1280, 720)}
    assert ad["tracked"] == ["complete", "firstQuartile", "midpoint", "progress-12", "skip", "thirdQuartile"]
    led = ("e=imp" in ad["impressions"][0], "e=v2" in ad["viewable"][0], "/ads/click?t=" in ad["through"])
    assert led == (True, True, True)


@pytest.mark.usefixtures("fresh_house")
def test_players_that_are_not_ours_are_given_it(client: Client, campaign: Campaign, alice_channel: Channel) -> None:
    now: datetime = timezone.now()
    candidates.forget()
    make_line(campaign, now)
    on_air = Broadcast.objects.create(channel=alice_channel, started_at=now - timedelta(minutes=5))
    live_store.client().set(f"hls:{on_air.media_path}/source", "x")
    client.get("/@alice")

    url = f"/ads/vast/{alice_channel.pk}/pre.xml"
    found = client.get(url).content.decode()
    assert violations(found) == []
    pixel = found.partition("<Impression>")[2].partition("</Impression>")[0].replace("&amp;", "&")
    assert client.get(pixel[pixel.index("/ads") :]).status_code == 204
    # No fill is an empty response: this viewer has just seen one. Cards aren't for players.
    for empty in (url, f"/ads/vast/{alice_channel.pk}/chat.xml"):
        assert "<Ad" not in client.get(empty).content.decode()
