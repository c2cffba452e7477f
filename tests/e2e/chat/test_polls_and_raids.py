"""A poll and a raid, as the streamer and two of her viewers have them."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.chat.conftest import OpenChat, Stages
from tests.stack import RunningStack

HOSTILE = "<img src=x onerror=alert(1)>"
# Sessions that are over, so that nobody looks for an encoder.
PREPARE = """
from django.utils import timezone
from accounts.models import Channel
from chat.actions import choose_raids_from
from streaming.models import Broadcast, IngestSession
now = timezone.now()
for name in {names!r}:
    channel = Channel.objects.select_related("owner").get(name=name)
    choose_raids_from(channel=channel, raids_from="everyone", by=channel.owner)
    live = Broadcast.objects.create(channel=channel, title={title!r}, started_at=now, shown_at=now)
    IngestSession.objects.create(
        broadcast=live, node="none", boot="none", client_id="0", address="127.0.0.1", started_at=now, ended_at=now
    )
"""
CLEAR = """
from streaming.models import Broadcast
Broadcast.objects.filter(channel__name__in={names!r}).delete()
"""


@pytest.fixture
def target(stack: RunningStack, channel_name: str, unused_stages: Stages) -> Iterator[str]:
    """Another channel that is live, as the first one is."""
    names = [channel_name, next(unused_stages.names)]
    stack.manage("shell", "-v", "0", "-c", PREPARE.format(names=names, title=HOSTILE))
    yield names[1]
    stack.manage("shell", "-v", "0", "-c", CLEAR.format(names=names))


def test_a_room_is_asked_and_viewers_are_sent_on(chat: OpenChat, target: str) -> None:
    alice, bob, mallory = chat("alice"), chat("bob"), chat("mallory", width=360)
    alice.say("/poll")
    dialog = alice.page.get_by_role("dialog", name="Ask the room")
    dialog.get_by_label("Question").fill(f"{HOSTILE}?")
    dialog.get_by_label("Option 1").fill("Tea")
    dialog.get_by_label("Option 2").fill(HOSTILE)
    dialog.get_by_role("button", name="Open the poll").click()

    poll = bob.page.get_by_role("region", name=f"{HOSTILE}?")
    option = poll.get_by_role("button", name=HOSTILE)
    option.click()
    expect(poll.get_by_role("status")).to_have_text(f"Your vote: {HOSTILE}")
    expect(option).to_have_attribute("aria-pressed", "true")
    for one in (alice, bob, mallory):
        expect(one.page.locator("[data-poll-options] li").last).to_contain_text("100%")
        assert one.page.locator("chat-room img").count() == 0
    alice.page.get_by_role("button", name="End the poll").click()
    expect(mallory.page.locator(".line--notice")).to_have_text(re.compile(r"The poll is over.*votes: 1 of 1"))

    mallory.page.get_by_label("Message", exact=True).fill("half a sentence")
    alice.say(f"/raid {target} 5s")
    for one in (bob, mallory):
        expect(one.page.get_by_role("link", name="Go now")).to_be_visible()
        expect(one.page.locator("raid-offer")).to_contain_text(HOSTILE)
    expect(alice.page.get_by_role("button", name="Cancel the raid")).to_be_visible()

    bob.page.wait_for_url(f"**/@{target}")
    expect(bob.page.locator(".line--notice")).to_have_text(re.compile("came by with its viewers"))
    expect(mallory.page.get_by_role("link", name="Go there")).to_have_attribute("href", f"/@{target}")
    expect(mallory.page.get_by_label("Message", exact=True)).to_have_value("half a sentence")
    mallory.page.get_by_role("button", name="Stay here").click()
    expect(mallory.page.locator("raid-offer")).to_be_hidden()
    expect(alice.page.locator(".line--notice").last).to_contain_text(f"The viewers went on to {target}")
