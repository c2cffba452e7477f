"""Several rooms, and a page that comes and goes."""

import pytest
from playwright.sync_api import expect

from tests.e2e.chat.conftest import OpenChat
from tests.stack import RunningStack

OPEN = """
from accounts.models import Channel
from chat.actions import open_room
channel = Channel.objects.get(name={name!r})
for name, audience in (("Lounge", "everyone"), ("Patrons", "subscribers"), ("Backstage", "moderators")):
    open_room(channel=channel, by=channel.owner, facts={{"name": name, "read_by": audience, "write_by": audience}})
"""

EMOTE = """
import io
from PIL import Image
from accounts.models import Channel
from chat.actions import add_emote
from chat.emote_pictures import read_emote
file = io.BytesIO()
Image.new("RGB", (64, 64), "teal").save(file, "PNG")
file.seek(0)
channel = Channel.objects.get(name={name!r})
add_emote(channel=channel, by=channel.owner, code="aliTeal", drawing=read_emote(file, 1000), is_for_subscribers=False)
"""


@pytest.fixture
def rooms(stack: RunningStack, channel_name: str) -> None:
    stack.manage("shell", "-v", "0", "-c", OPEN.format(name=channel_name))


@pytest.mark.usefixtures("rooms")
def test_rooms_are_one_click_apart_and_say_what_is_unread(chat: OpenChat) -> None:
    alice, bob = chat("alice"), chat("bob", width=360)
    assert bob.page.evaluate("document.documentElement.scrollWidth") == 360
    switcher = bob.page.get_by_role("group", name="Rooms")
    expect(switcher.get_by_role("button")).to_have_count(3)
    expect(alice.page.get_by_role("group", name="Rooms").get_by_role("button")).to_have_count(4)

    alice.page.get_by_role("button", name="Lounge").click()
    alice.say("In the lounge")
    unread = switcher.get_by_role("button", name="Lounge (new messages)")
    expect(unread).to_be_visible()
    expect(bob.line("In the lounge")).to_have_count(0)
    unread.click()
    expect(bob.line("In the lounge")).to_have_count(1)
    bob.say("Me too")
    expect(alice.line("Me too")).to_have_count(1)
    expect(switcher.get_by_role("button", name="Lounge", exact=True)).to_have_attribute("aria-pressed", "true")

    switcher.get_by_role("button", name="Patrons").click()
    expect(bob.page.get_by_text("This chat is for subscribers")).to_be_visible()
    expect(bob.page.locator(".line")).to_have_count(0)
    switcher.get_by_role("button", name="Chat", exact=True).click()
    expect(bob.page.get_by_text("This chat is for subscribers")).to_be_hidden()
    bob.say("Back")
    expect(bob.line("Back")).to_have_count(1)


def test_the_chat_survives_leaving_and_coming_back(chat: OpenChat) -> None:
    alice, bob = chat("alice"), chat("bob")
    bob.say("before")
    bob.page.get_by_role("link", name="Estrade", exact=True).click()
    bob.page.wait_for_url(lambda url: "@" not in url)
    alice.say("while away")
    bob.page.go_back()
    for text in ("before", "while away"):
        expect(bob.line(text)).to_have_count(1)
    expect(bob.page.locator("chat-room")).to_have_attribute("data-state", "live")
    bob.say("after")
    expect(alice.line("after")).to_have_count(1)


def test_an_element_taken_out_and_put_back_goes_on(chat: OpenChat) -> None:
    alice, bob = chat("alice"), chat("bob")
    bob.say("first")
    expect(bob.line("first")).to_have_count(1)
    bob.page.evaluate(
        "window.room = document.querySelector('chat-room'); window.place = room.parentNode; room.remove()"
    )
    alice.say("meanwhile")
    expect(alice.line("meanwhile")).to_have_count(1)
    bob.page.evaluate("place.append(room)")

    expect(bob.line("meanwhile")).to_have_count(1)
    expect(bob.line("first")).to_have_count(1)
    bob.say("last")
    expect(alice.line("last")).to_have_count(1)
    expect(bob.line("last")).to_have_count(1)


def test_who_reads_above_is_not_disturbed(chat: OpenChat) -> None:
    alice, bob = chat("alice"), chat("bob")
    for number in range(30):
        alice.say(f"line {number} of many")
        expect(alice.line(f"line {number} of many")).to_have_count(1)
    log = bob.page.get_by_role("log")
    expect(bob.line("line 29 of many")).to_have_count(1)
    log.evaluate("log => { log.scrollTop = 0; }")
    expect(log).to_have_attribute("aria-live", "off")
    alice.say("something new")
    more = bob.page.get_by_role("button", name="New messages: 1")
    expect(more).to_be_visible()
    assert log.evaluate("log => log.scrollTop") < 60
    more.click()
    expect(bob.line("something new")).to_be_in_viewport()
    expect(log).to_have_attribute("aria-live", "polite")


def test_an_emote_is_picked_and_seen_by_all(chat: OpenChat, stack: RunningStack, channel_name: str) -> None:
    stack.manage("shell", "-v", "0", "-c", EMOTE.format(name=channel_name))
    alice, bob = chat("alice"), chat("bob")
    bob.page.get_by_role("button", name="Emotes and emoji").click()
    bob.page.get_by_role("button", name="aliTeal").click()
    bob.page.get_by_role("button", name="😀").click()
    expect(bob.page.get_by_label("Message", exact=True)).to_have_value("aliTeal 😀 ")
    bob.page.get_by_role("button", name="Send").click()

    emote = alice.page.get_by_role("img", name="aliTeal")
    expect(emote).to_be_visible()
    assert emote.evaluate("async image => { await image.decode(); return image.naturalWidth; }") == 112
    expect(alice.page.locator(".line__text")).to_contain_text("😀")
