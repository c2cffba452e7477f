"""A ticket from the bank's question to the stream, and out again when it is given back."""

import json
import secrets
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import StartEncoder
from tests.e2e.money.conftest import Open
from tests.e2e.money.test_tipping import ASKS, type_card
from tests.e2e.pages.browsing import barriers
from tests.stack import Channel, RunningStack

_PREPARE = """
import json
from datetime import timedelta
from django.test import Client
from django.utils import timezone
from accounts.actions import change_address, open_channel
from accounts.models import Channel, User
from streaming import scheduling
from streaming.describing import Details
users = {{}}
for name in ("owner", "buyer"):
    users[name] = User.objects.create(username=name + {suffix!r})
    change_address(user=users[name], address=name + {suffix!r} + "@example.com", by=users[name])
channel, now = Channel.objects.get(name={channel!r}), timezone.now()
Channel.objects.filter(pk=channel.pk).update(owner=users["owner"])
about = scheduling.Announcement(now + timedelta(minutes=5), 60, "An evening.", Details(title="Gala"))
scheduled = scheduling.plan(channel=channel, announcement=about, by=users["owner"], now=now)
made = {{"event": str(scheduled.pk)}}
for name, user in users.items():
    client = Client()
    client.force_login(user)
    made[name] = client.cookies["sessionid"].value
print(json.dumps(made))
"""
FRAMES = "() => document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames > 20"


@pytest.fixture
def sold(stack: RunningStack, sessions: dict[str, str]) -> tuple[Channel, str]:
    """A channel that announced something; its owner and a buyer are among those who can open pages."""
    channel = stack.channel(f"gala-{secrets.token_hex(3)}")
    script = _PREPARE.format(channel=channel.channel, suffix=secrets.token_hex(3))
    made = json.loads(stack.manage("shell", "--verbosity", "0", "--command", script).splitlines()[-1])
    sessions.update({"owner": made["owner"], "buyer": made["buyer"]})
    return channel, made["event"]


def put_on_sale(owner: Page, channel: Channel, event: str) -> None:
    owner.goto(f"/studio/{channel.channel}/schedule/{event}/tickets")
    owner.get_by_label("Price of a ticket").fill("5")
    owner.get_by_label("Tickets there are").fill("3")
    owner.get_by_label("Devices a ticket").fill("1")
    owner.get_by_role("button", name="Put on sale").click()
    expect(owner.get_by_role("heading", name="Sales")).to_be_visible()


def test_a_ticket_from_the_banks_question_to_the_stream_and_out(
    open_as: Open, sold: tuple[Channel, str], encoder: StartEncoder, eventually: Callable[..., Any]
) -> None:
    channel, event = sold
    owner, buyer = open_as("owner"), open_as("buyer")
    put_on_sale(owner, channel, event)
    assert barriers(owner) == []
    encoder(channel)

    # Kept out, told how to buy; the bank asks when the card is saved, and when it pays.
    buyer.goto(f"/@{channel.channel}")
    buyer.locator("live-player").get_by_role("link", name="Tickets").click()
    expect(buyer.get_by_text("3 tickets left.")).to_be_visible()
    assert barriers(buyer) == []
    buyer.get_by_role("link", name="Buy a ticket").click()
    type_card(buyer, ASKS)
    buyer.get_by_role("button", name="Complete authentication").click()
    buyer.get_by_role("button", name="Pay €5.00").click()
    buyer.get_by_role("button", name="Confirm").click()
    buyer.get_by_role("button", name="Complete authentication").click()
    expect(buyer.locator(".receipt")).to_contain_text("Gala")
    buyer.get_by_role("link", name="To the event").click()
    buyer.get_by_role("link", name="To the channel").click()
    buyer.wait_for_function(FRAMES, timeout=20_000)

    # One device: the second is told so, and takes over.
    second = open_as("buyer")
    second.goto(f"/@{channel.channel}")
    second.get_by_role("button", name="Watch here instead").click()
    second.wait_for_function(FRAMES, timeout=20_000)
    expect(buyer.get_by_text("You watch on other devices already")).to_be_visible()

    # Called off: the money goes back, and whoever watched is put out.
    owner.reload()
    owner.get_by_label("What the letter says").fill("The singer is ill.")
    owner.get_by_role("button", name="Call it off").first.click()
    owner.get_by_role("dialog").get_by_role("button", name="Call it off").click()
    expect(owner.locator(".message")).to_contain_text("back what they paid")
    expect(second.locator("live-player").get_by_text("for those who have a ticket")).to_be_visible()
    buyer.goto("/settings/tickets")
    # A worker gives it back; until then it is called off.
    eventually(lambda: buyer.reload() and buyer.get_by_text("given back").is_visible(), 15)
    assert barriers(buyer) == []
