"""A channel on which Bob's bakery advertises, and somebody who subscribes to it.

The video goes the way of all: uploaded, made anew by the worker on `batch`, approved by an administrator.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.e2e.encoder import Encoder
from tests.stack import RunningStack

_PREPARE = """
import json, time
from datetime import timedelta
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from accounts.actions import open_channel
from accounts.models import User
from ads.actions import add_video, judge_creative
from ads.models import Advertiser, Campaign, LineItem
from ads.spending import pool_of
from monetization.ledger import GATEWAY, post
from monetization.models import Subscription
from monetization.money import Money
now, suffix = timezone.now(), {suffix!r}
names = ("ann", "ben", "cleo")
people = {{name: User.objects.create(username=name + suffix, email=name + suffix + "@example.com") for name in names}}
channel = open_channel(name="ads" + suffix, owner=people["ann"], title="With ads")
Subscription.objects.create(user=people["cleo"], channel=channel, starts_at=now, ends_at=now + timedelta(1))
facts = {{"website": "https://b.example/", "currency": "eur", "state": "verified", "created_at": now}}
bakery = Advertiser.objects.create(owner=people["ben"], name="Bakery" + suffix, **facts)
money = Money(1000, "eur")
post(key="gift" + suffix, kind="ad-top-up", lines=[(GATEWAY, -money), (pool_of(bakery), money)], now=now)
campaign = Campaign.objects.create(advertiser=bakery, name="Bread", state="approved", created_at=now)
line = LineItem.objects.create(
    campaign=campaign, name="All", format="pre", price_micros=10000, budget_micros=5000000, pacing="asap", cap_count=0,
    starts_at=now,
)
line.channels_in.add(channel)
LineItem.objects.create(
    campaign=campaign, name="Mid", format="mid", price_micros=10000, budget_micros=5000000, pacing="asap", cap_count=0,
    starts_at=now,
).channels_in.add(channel)
clip = SimpleUploadedFile("clip.flv", open({clip!r}, "rb").read())
leads = "https://b.example/"
creative = add_video(campaign=campaign, title="Fresh", click_url=leads, upload=clip, size=clip.size, now=now)
deadline = time.monotonic() + 60
while not creative.is_prepared:
    assert time.monotonic() < deadline and creative.state != "failed", creative.state
    time.sleep(0.1)
    creative.refresh_from_db()
erin = User.objects.create(username="erin" + suffix, email="erin" + suffix + "@example.com", is_staff=True)
judge_creative(creative=creative, is_fine=True, by=erin)
client = Client()
client.force_login(people["cleo"])
print(json.dumps([channel.pk, channel.name, channel.stream_key, client.cookies["sessionid"].value]))
"""
_BILLED = """
from ads.models import AdCharge, AdHour
from ads import flushing
flushing.flush()
print(AdCharge.objects.filter(channel={channel}).count())
"""
_BREAK = """
from django.utils import timezone
from ads.actions import call_break
from streaming.models import Broadcast
broadcast = Broadcast.objects.on_air().get(channel={channel})
call_break(broadcast=broadcast, seconds=30, by=None, now=timezone.now())
"""
_LONG_BREAK = """
from django.utils import timezone
from ads.models import AdBreak
from streaming.models import Broadcast
broadcast = Broadcast.objects.on_air().get(channel={channel})
AdBreak.objects.create(broadcast=broadcast, starts_at=timezone.now(), seconds=180)
"""
_NO_BREAK = "from ads.models import AdBreak; AdBreak.objects.all().delete()"
Open = Callable[..., Page]


@dataclass(frozen=True)
class Advertised:
    """A channel with ads, live."""

    pk: int
    name: str
    subscriber: str


@pytest.fixture(scope="session")
def advertised(stack: RunningStack, clip: Path) -> Iterator[Advertised]:
    script = _PREPARE.format(suffix=secrets.token_hex(3), clip=str(clip))
    made = json.loads(stack.manage("shell", "--verbosity", "0", "--command", script).splitlines()[-1])
    pk, name, key, session = made
    encoder = Encoder(f"rtmp://127.0.0.1:{stack.values['RTMP_PORT']}/live/{key}", clip)
    yield Advertised(pk, name, session)
    encoder.stop()


@pytest.fixture
def billed(stack: RunningStack, advertised: Advertised) -> Callable[[], int]:
    """How many charges the channel's ads have come to."""
    script = _BILLED.format(channel=advertised.pk)
    return lambda: int(stack.manage("shell", "--verbosity", "0", "--command", script).splitlines()[-1])


@pytest.fixture
def run_break(stack: RunningStack, advertised: Advertised) -> Callable[[], object]:
    """Ads in ten seconds, for everybody who watches."""
    script = _BREAK.format(channel=advertised.pk)
    return lambda: stack.manage("shell", "--verbosity", "0", "--command", script)


@pytest.fixture
def in_break(stack: RunningStack, advertised: Advertised) -> Iterator[None]:
    """Ads of a break may be asked for; nobody is told of it."""
    stack.manage("shell", "--verbosity", "0", "--command", _LONG_BREAK.format(channel=advertised.pk))
    yield
    stack.manage("shell", "--verbosity", "0", "--command", _NO_BREAK)


@pytest.fixture
def open_page(browser: Browser, stack: RunningStack) -> Iterator[Open]:
    """A browser of its own for each; scripts must neither throw nor do what the content security policy forbids."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Security Policy" in message.text:
            complaints.append(message.text)

    with ExitStack() as leaving:

        def open_one(session: str = "") -> Page:
            context = browser.new_context(base_url=stack.url, viewport={"width": 1280, "height": 800})
            leaving.callback(context.close)
            context.set_default_timeout(15_000)
            if session:
                context.add_cookies([{"name": "sessionid", "value": session, "url": stack.url}])
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", note)
            return page

        yield open_one
    assert complaints == []
