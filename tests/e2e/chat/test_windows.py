"""The chat elsewhere: in a window of its own, and over the picture of a stream."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.chat.conftest import Chat, OpenChat
from tests.stack import RunningStack


@pytest.fixture
def obs(browser: Browser, stack: RunningStack) -> Page:
    """A browser source: nobody is logged in there."""
    return browser.new_context(base_url=stack.url, viewport={"width": 600, "height": 800}).new_page()


def test_a_window_of_its_own_and_an_overlay(chat: OpenChat, obs: Page, channel_name: str) -> None:
    alice, bob = chat("alice"), chat("bob")
    alice.page.locator("summary", has_text="⋯").click()
    with alice.page.expect_popup() as opened:
        alice.page.get_by_role("link", name="Open in a window of its own").click()
    alone = Chat(opened.value, channel_name)
    alone.page.set_viewport_size({"width": 320, "height": 560})
    expect(alone.page.locator("chat-room")).to_have_attribute("data-state", "live")
    assert alone.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
        320,
        560,
    ]
    alice.page.get_by_role("button", name="Hide it here").click()
    expect(alice.page.get_by_role("log")).to_have_count(0)
    alone.say("From the window")
    expect(bob.line("From the window")).to_have_count(1)

    # An address for OBS, as it is wanted.
    alice.page.goto(f"/studio/{channel_name}/chat")
    alice.page.get_by_role("button", name="Make an address").click()
    alice.page.get_by_label("Size of the letters").select_option("200")
    alice.page.get_by_label("Lines go after").select_option("0")
    alice.page.get_by_label("Without commands").check()
    preview = alice.page.locator(".overlay-preview chat-overlay")
    expect(preview.locator(".line").first).to_be_visible()
    assert preview.evaluate("one => getComputedStyle(one).fontSize") == "48px"
    address = alice.page.get_by_label("Address of the browser source").input_value()
    obs.goto(address)
    assert obs.evaluate("[getComputedStyle(document.body).backgroundColor, document.cookie]") == [
        "rgba(0, 0, 0, 0)",
        "",
    ]
    lines = obs.locator(".line__text")
    expect(lines).to_have_text(["From the window"])
    bob.say("!song")
    bob.say("Rude")
    bob.say("Fair")
    expect(lines).to_have_text(["From the window", "Rude", "Fair"])

    # What is deleted goes there too, and a reset takes all of it.
    line = alone.line("Rude")
    line.hover()
    line.get_by_role("button", name="About this message").click()
    alone.page.get_by_role("menuitem", name="Delete").click()
    expect(lines).to_have_text(["From the window", "Fair"])
    alice.page.get_by_role("button", name="Reset the address").click()
    alice.page.get_by_role("dialog").get_by_role("button", name="Reset").click()
    expect(obs.get_by_text("no longer valid")).to_be_visible(timeout=5000)
    expect(lines).to_have_count(0)
    bob.say("After the reset")
    expect(alone.line("After the reset")).to_have_count(1)
    expect(lines).to_have_count(0)
    expect(alice.page.get_by_label("Address of the browser source")).not_to_have_value(
        re.compile(re.escape(address.partition("?")[0]))
    )

    # The window is closed: the chat is back where it was.
    alice.open()
    alice.page.get_by_role("button", name="Hide it here").click()
    alone.page.close()
    expect(alice.line("From the window")).to_have_count(1)
    obs.context.close()


def test_people_are_hidden_and_shown_again_and_emoji_found_by_name(chat: OpenChat) -> None:
    alice, bob = chat("alice"), chat("bob")
    alice.say("Guess what")
    line = bob.line("Guess what")
    line.hover()
    line.get_by_role("button", name="About this message").click()
    bob.page.get_by_role("menuitem", name="Hide this person here").click()
    expect(line).to_have_count(0)
    bob.page.reload()
    expect(bob.page.locator("chat-room")).to_have_attribute("data-state", "live")
    expect(line).to_have_count(0)
    bob.page.locator("summary", has_text="⋯").click()
    bob.page.get_by_role("button", name="Hidden people").click()
    bob.page.get_by_role("button", name="Show again").click()
    expect(bob.page.get_by_text("Nobody. A message's menu hides its author.")).to_be_visible()
    bob.page.get_by_role("button", name="Close").click()
    expect(line).to_have_count(1)

    bob.page.get_by_role("button", name="Emotes and emoji").click()
    search = bob.page.get_by_role("searchbox", name="Search by name")
    for typed, emoji in (("pizza", "🍕"), ("Cœur rouge", "❤️"), ("coeur rou", "❤️"), ("fusee", "🚀")):
        search.fill(typed)
        expect(bob.page.locator("[data-grid] button").first).to_have_text(emoji)
    search.press("Enter")
    search.fill("cat")
    search.press("ArrowDown")
    bob.page.keyboard.press("ArrowRight")
    picked = bob.page.locator("[data-grid] button").nth(1)
    expect(picked).to_be_focused()
    emoji = picked.inner_text()
    bob.page.keyboard.press("Enter")
    expect(bob.page.get_by_label("Message", exact=True)).to_have_value(f"🚀 {emoji} ")
