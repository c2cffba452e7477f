"""Keeping order in three browsers: the streamer's, a moderator's, a viewer's."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chat.conftest import Chat, OpenChat
from tests.stack import RunningStack

SUBSCRIBE = """
from django.utils import timezone
from accounts.models import Channel, User
from monetization.models import Subscription
from monetization.subscriptions import end, grant
channel, user = Channel.objects.get(name={name!r}), User.objects.get(username="bob")
{act}
"""
GRANT = "grant(user=user, channel=channel, starts_at=timezone.now())"
END = "end(subscription=Subscription.objects.get(user=user, channel=channel), now=timezone.now())"


@pytest.fixture
def trio(chat: OpenChat) -> tuple[Chat, Chat, Chat]:
    """Alice, Carol and Bob."""
    return chat("alice"), chat("carol"), chat("bob")


def notice(page: Page, text: str) -> None:
    expect(page.locator("[data-notice]")).to_contain_text(text)


def act_on(chat: Chat, text: str, act: str) -> None:
    line = chat.line(text)
    line.hover()
    line.get_by_role("button", name="About this message").click()
    chat.page.get_by_role("menuitem", name=act).click()


def test_the_gate_opens_on_subscription_and_shuts_on_lapse(
    trio: tuple[Chat, Chat, Chat], chat: OpenChat, stack: RunningStack, channel_name: str
) -> None:
    alice, carol, bob = trio
    stranger = chat()
    bob.say("Hello all")
    expect(stranger.line("Hello all")).to_have_count(1)

    alice.page.get_by_role("button", name="Subs only").click()
    for one in (bob, stranger):
        expect(one.page.get_by_text("This chat is for subscribers")).to_be_visible(timeout=5000)
        expect(one.page.get_by_text("and it opens here by itself").first).to_be_visible()
        expect(one.page.locator(".line")).to_have_count(0)
    carol.say("among us")

    def shell(act: str) -> None:
        stack.manage("shell", "-v", "0", "-c", SUBSCRIBE.format(name=channel_name, act=act))

    shell(GRANT)
    expect(bob.line("among us")).to_have_count(1, timeout=5000)
    expect(bob.page.locator(".line--notice")).to_contain_text("bob has subscribed.")
    bob.say("I am in")
    expect(carol.line("I am in")).to_have_count(1)
    expect(carol.line("I am in").locator(".line__badge--founder")).to_have_count(1)

    shell(END)
    expect(bob.page.get_by_text("This chat is for subscribers")).to_be_visible(timeout=5000)
    alice.page.get_by_role("button", name="Subs only").click()
    for one in (bob, stranger):
        expect(one.line("Hello all")).to_have_count(1, timeout=5000)
        # What was said among subscribers stays theirs.
        expect(one.line("I am in")).to_have_count(0)


def test_modes_are_said_and_hold(trio: tuple[Chat, Chat, Chat]) -> None:
    alice, carol, bob = trio
    carol.say("/slow 30")
    notice(carol.page, "one message in 30 seconds")
    chips = bob.page.get_by_label("In force here")
    expect(chips).to_contain_text("Slow mode: 30 s")
    bob.say("first")
    notice(bob.page, "You can write again in")
    expect(bob.page.get_by_role("button", name="Send")).to_be_disabled()
    carol.say("/slow off")
    expect(bob.page.get_by_role("button", name="Send")).to_be_enabled()

    carol.page.get_by_role("button", name="Modes").click()
    carol.page.get_by_label("Emotes and emoji only").check()
    expect(chips).to_contain_text("Emotes only")
    bob.say("words")
    notice(bob.page, "Only emotes and emoji")
    expect(bob.page.get_by_label("Message", exact=True)).to_have_value("words")
    bob.say("😀")
    expect(alice.line("😀")).to_have_count(1)
    carol.page.get_by_label("Emotes and emoji only").uncheck()
    carol.page.get_by_label("Followers only").select_option("10")
    carol.page.get_by_role("button", name="Done").click()
    notice(bob.page, "Only followers can write here.")
    expect(bob.page.get_by_label("Message", exact=True)).to_be_disabled()
    alice.page.get_by_role("button", name="Shield").click()
    expect(chips).to_contain_text("Raid defence")
    expect(carol.page.get_by_role("button", name="Shield")).to_have_attribute("aria-pressed", "true")
    for text in ("/shield off", "/followers off"):
        carol.say(text)
    bob.say("free again")
    expect(alice.line("free again")).to_have_count(1)


def test_a_delay_lets_moderators_act_first(trio: tuple[Chat, Chat, Chat], chat: OpenChat) -> None:
    alice, carol, bob = trio
    carol.say("/delay 6")
    expect(bob.page.get_by_label("In force here")).to_contain_text("Shown after 6 s")
    bob.say("wicked words")
    expect(carol.page.locator(".line--pending")).to_contain_text("wicked words")
    act_on(carol, "wicked words", "Delete")
    expect(carol.line("wicked words")).to_have_count(0)
    bob.say("kind words")
    expect(alice.page.locator(".line--pending")).to_contain_text("kind words")
    expect(bob.line("kind words")).to_have_count(0)
    expect(bob.line("kind words")).to_have_count(1)
    expect(alice.page.locator(".line--pending")).to_have_count(0)
    expect(bob.line("wicked words")).to_have_count(0)


def test_messages_are_deleted_pinned_and_cleared_for_all(trio: tuple[Chat, Chat, Chat]) -> None:
    alice, carol, bob = trio
    bob.say("keep this")
    bob.say("rude thing")
    act_on(carol, "rude thing", "Delete")
    for one in trio:
        expect(one.line("rude thing")).to_have_count(0)
    act_on(carol, "keep this", "Pin")
    expect(bob.page.locator("[data-pin]")).to_contain_text("keep this")
    alice.page.get_by_role("button", name="Take the pinned message down").click()
    expect(bob.page.locator("[data-pin]")).to_be_hidden()
    carol.say("/clear")
    for one in trio:
        expect(one.page.locator(".line")).to_have_count(1)
        expect(one.page.locator(".line--notice")).to_contain_text("cleared by a moderator")


def test_people_are_warned_sent_out_and_banned(trio: tuple[Chat, Chat, Chat]) -> None:
    alice, carol, bob = trio
    bob.say("something")
    carol.line("something").get_by_role("link", name="bob").click()
    card = carol.page.get_by_role("dialog", name=re.compile("bob"))
    card.get_by_label("Reason").fill("Mind your <b>words</b>")
    card.get_by_role("button", name="Warn").click()
    expect(bob.page.get_by_role("alert").filter(has_text="A moderator has warned you")).to_contain_text(
        "Mind your <b>words</b>"
    )
    bob.say("but")
    notice(bob.page, "A moderator has warned you")
    bob.page.get_by_role("button", name="I have read it").click()
    expect(bob.page.get_by_role("alert").filter(has_text="A moderator has warned you")).to_be_hidden()
    bob.page.keyboard.press("Escape")
    bob.say("sorry")
    expect(alice.line("sorry")).to_have_count(1)

    card.get_by_label("Reason").fill("too loud")
    card.get_by_label("Timeout").select_option("30")
    card.get_by_role("button", name="Time out").click()
    notice(bob.page, "You are out until")
    expect(bob.page.locator("[data-notice]")).to_contain_text("too loud")
    for one in trio:
        expect(one.line("sorry")).to_have_count(0)
    card.get_by_role("button", name="Let back in").click()
    expect(bob.page.get_by_label("Message", exact=True)).to_be_enabled()

    card.get_by_label("Reason").fill("spam")
    card.get_by_role("button", name="Ban", exact=True).click()
    expect(bob.page.get_by_text("You are banned from this channel's chat")).to_be_visible(timeout=2000)
    bob.page.reload()
    expect(bob.page.get_by_text("You are banned from this channel's chat")).to_be_visible()
    expect(bob.page.locator("[data-reason]")).to_have_text("spam")
    expect(card.locator("[data-card-sanctions] li")).to_have_count(3)
    carol.page.keyboard.press("Escape")
    alice.page.get_by_role("button", name="Review and log").click()
    expect(alice.page.locator("[data-deeds] li").first).to_contain_text("carol · ban · bob")


def test_commands_are_completed(trio: tuple[Chat, Chat, Chat]) -> None:
    _alice, carol, bob = trio
    field = carol.page.get_by_label("Message", exact=True)
    field.press_sequentially("/ti")
    expect(carol.page.get_by_role("option")).to_have_count(1)
    field.press("Tab")
    expect(field).to_have_value("/timeout ")
    field.press_sequentially("nobody 10m")
    field.press("Enter")
    notice(carol.page, "There is nobody by that name.")
    bob.page.get_by_label("Message", exact=True).press_sequentially("/")
    expect(bob.page.get_by_role("option")).to_have_count(1)
    bob.say("/ban carol")
    notice(bob.page, "Only moderators can do this.")


def test_replies_mentions_and_links(trio: tuple[Chat, Chat, Chat]) -> None:
    alice, carol, bob = trio
    bob.say("See https://example.com/a?b=1, @carol")
    link = carol.page.get_by_role("link", name="https://example.com/a?b=1", exact=True)
    expect(link).to_have_attribute("rel", "nofollow ugc noopener noreferrer")
    expect(carol.line("See https")).to_have_class(re.compile("line--to-me"))
    expect(alice.line("See https")).not_to_have_class(re.compile("line--to-me"))
    act_on(alice, "See https", "Reply")
    alice.say("Thanks")
    expect(carol.line("Thanks").locator(".line__quote")).to_contain_text("@bob See https://example.com")
    expect(bob.line("Thanks")).to_have_class(re.compile("line--to-me"))
