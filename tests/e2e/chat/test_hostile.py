"""What people write is text, wherever it is shown."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.chat.conftest import OpenChat
from tests.stack import RunningStack

CORPUS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    'https://example.com/"onmouseover="alert(1)',
    "https://example.com/<img/src=x/onerror=alert(1)>",
    "http://user:password@example.com/",
    "data:text/html,<script>alert(1)</script>",
    "@<b>bob</b> @constructor @__proto__",
    "constructor __proto__ hasOwnProperty toString",
    "{person} {{7*7}} ${alert(1)} {% csrf_token %}",
    "</template><script>alert(1)</script>",
    "&lt;b&gt; &#60;b&#62;",
    "\u202ereversed\u202c",
]
NAME = "<img src=x onerror=alert(2)>"
PREPARE = """
import io
from django.utils import timezone
from PIL import Image
from accounts.models import Channel, User
from chat.actions import add_emote, open_main_room, open_room, pin_message, post_message, warn_user
from chat.emote_pictures import read_emote
from chat.models import HeldMessage
from monetization.subscriptions import grant
channel = Channel.objects.get(name={name!r})
alice, mallory, carol = (User.objects.get(username=one) for one in ("alice", "mallory", "carol"))
User.objects.filter(pk=mallory.pk).update(display_name={hostile!r})
mallory.refresh_from_db()
room, now = open_main_room(channel=channel), timezone.now()
open_room(channel=channel, by=alice, facts={{"name": {hostile!r}}})
for text in {corpus!r}:
    message = post_message(room=room, author=mallory, text=text, now=now)
post_message(room=room, author=alice, text="a reply", now=now, reply_seq=2)
pin_message(message=message, by=alice, now=now)
HeldMessage.objects.create(room=room, author=mallory, text={hostile!r}, why={hostile!r}, created_at=now)
grant(user=mallory, channel=channel, starts_at=now)
warn_user(channel=channel, user=mallory, by=carol, now=now, reason={hostile!r})
"""


@pytest.fixture
def hostile(stack: RunningStack, channel_name: str) -> None:
    """A room full of it, and names and reasons too."""
    script = PREPARE.format(name=channel_name, hostile=NAME, corpus=CORPUS)
    stack.manage("shell", "-v", "0", "-c", script)


@pytest.mark.usefixtures("hostile")
def test_nothing_that_is_written_runs(chat: OpenChat) -> None:
    alice, mallory = chat("alice"), chat("mallory")
    for one in (alice, mallory):
        texts = one.page.locator(".line:not(.line--notice) .line__text")
        expect(texts).to_have_text([*(text.strip("\u202e").replace("\u202c", "") for text in CORPUS), "a reply"])
        expect(one.page.locator(".line__name").first).to_have_text(NAME)
        expect(one.page.locator(".line--notice")).to_contain_text(NAME)
        links = one.page.locator(".line__text a")
        for link in links.all():
            assert re.match(r"https?://example\.com/", link.get_attribute("href") or "")
        assert one.page.locator("chat-room img, chat-room svg:not(button svg)").count() == 0
    expect(mallory.page.get_by_role("alert").filter(has_text=NAME)).to_be_visible()
    alice.page.locator(".line__name").first.click()
    expect(alice.page.locator("[data-card-sanctions] li")).to_contain_text(NAME)
    alice.page.keyboard.press("Escape")
    alice.page.get_by_role("button", name="Review and log").click()
    expect(alice.page.locator("[data-held] li")).to_contain_text(NAME)
    expect(alice.page.locator("[data-deeds] li").first).to_contain_text(NAME)
    mallory.page.reload()
    expect(mallory.page.locator(".line")).to_have_count(len(CORPUS) + 2)
