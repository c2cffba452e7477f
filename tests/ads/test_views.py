"""What players get: pages with and without ads, offers, VAST."""

import json
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.test import Client
from django.utils import timezone

from accounts.models import Channel, User
from ads import candidates, store
from ads.models import Campaign, LineItem
from streaming import live_store
from streaming.models import Broadcast
from tests.ads.conftest import make_line
from tests.streaming.conftest import set_env

__all__ = ["set_env"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


@pytest.fixture
def on_air(campaign: Campaign, alice_channel: Channel) -> Broadcast:
    now = timezone.now()
    candidates.forget()
    make_line(campaign, now)
    row = Broadcast.objects.create(channel=alice_channel, started_at=now - timedelta(minutes=5))
    live_store.client().set(f"hls:{row.media_path}/source", "x")
    return row


def ask(client: Client, url: str, **told: Any) -> Any:
    return client.post(url, json.dumps(told), content_type="application/json")


def test_a_stranger_is_offered_an_ad_and_tells_of_it(client: Client, on_air: Broadcast) -> None:
    page = client.get("/@alice")
    assert b"<ad-break" in page.content
    assert "estrade_ads" in page.cookies

    (ad,) = ask(client, "/ads/offer", channel=on_air.channel_id, format="pre").json()["ads"]

    assert (ad["advertiser"], ad["skip_ms"], ad["domain"]) == ("Bakery", 5000, "bakery.example")
    assert ask(client, "/ads/event", token=ad["token"], event="imp").status_code == 204
    assert ask(client, "/ads/event", token=ad["token"], event="skip").json() == {"error": "not_yet"}
    assert ask(Client(), "/ads/event", token=ad["token"], event="v2").json() == {"error": "other_viewer"}
    assert client.get("/ads/click", {"t": ad["token"]})["Location"] == "https://bakery.example/bread"
    assert client.get("/ads/click", {"t": "forged"})["Location"] == "/"
    # One who just saw an ad isn't shown the next.
    assert ask(client, "/ads/offer", channel=on_air.channel_id, format="pre").json() == {"ads": []}


def test_the_crew_and_staff_get_no_ad_code(client: Client, on_air: Broadcast, alice: User, erin: User) -> None:
    for person in (alice, erin):
        client.force_login(person)
        page = client.get("/@alice").content
        assert b"ad-break" not in page.replace(b"components/ad-break", b"")
        assert b"/ads/" not in page
        assert ask(client, "/ads/offer", channel=on_air.channel_id, format="pre").json() == {"ads": []}


def test_a_line_for_some_countries_goes_by_the_trusted_header(client: Client, on_air: Broadcast, set_env: Any) -> None:
    LineItem.objects.update(countries=["FR"])
    set_env(geo_country_header="X-Country")
    client.get("/@alice")

    for said, many in (("BE", 0), ("FR", 1)):
        told = json.dumps({"channel": on_air.channel_id, "format": "pre"})
        answer = client.post("/ads/offer", told, content_type="application/json", headers={"X-Country": said})
        assert len(answer.json()["ads"]) == many


@pytest.mark.parametrize(
    "body", ["", "[]", "{", '{"channel": "x"}', '{"channel": 1e99, "format": "pre"}', '{"format": ["pre"]}', "x" * 5000]
)
def test_nonsense_gets_nothing(client: Client, on_air: Broadcast, body: str) -> None:
    answer = client.post("/ads/offer", body, content_type="application/json")

    assert (answer.status_code, answer.json()) == (200, {"ads": []})


def test_a_break_is_asked_for_only_while_there_is_one(client: Client, on_air: Broadcast, campaign: Campaign) -> None:
    client.get("/@alice")
    for format in ("mid", "chat"):
        make_line(campaign, timezone.now(), format=format, model="cpc")
        assert ask(client, "/ads/offer", channel=on_air.channel_id, format=format).json() == {"ads": []}


def test_without_redis_there_are_no_ads_and_clicks_lead_on(
    client: Client, on_air: Broadcast, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/@alice")
    wish = {"channel": on_air.channel_id, "format": "pre"}
    (ad,) = ask(client, "/ads/offer", **wish).json()["ads"]
    away = redis.Redis.from_url("redis://127.0.0.1:1/0")
    monkeypatch.setattr(store, "client", lambda: away)

    assert ask(client, "/ads/offer", **wish).json() == {"ads": []}
    assert ask(client, "/ads/offer", **wish | {"format": "chat"}).json() == {"ads": []}
    vast = client.get(f"/ads/vast/{on_air.channel_id}/pre.xml")
    assert (vast.status_code, b"<Ad " in vast.content) == (200, False)
    assert ask(client, "/ads/event", token=ad["token"], event="imp").status_code == 503
    assert client.get("/ads/pixel", {"t": ad["token"], "e": "imp"}).status_code == 204
    assert client.get("/ads/click", {"t": ad["token"]})["Location"] == "https://bakery.example/bread"
