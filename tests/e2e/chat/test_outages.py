"""Redis and PostgreSQL go away and come back."""

import pytest
from playwright.sync_api import expect

from tests.e2e.chat.conftest import OpenChat
from tests.e2e.conftest import Eventually
from tests.stack import RunningStack


def test_nothing_accepted_is_lost_while_redis_is_away(chat: OpenChat, stack: RunningStack) -> None:
    alice, bob = chat("alice"), chat("bob")
    bob.say("before")
    expect(alice.line("before")).to_have_count(1)
    with stack.stopped("redis"):
        expect(alice.page.get_by_text("The chat can't be reached at the moment.")).to_be_visible(timeout=15_000)
        bob.say("meanwhile")
        expect(bob.page.get_by_label("Message", exact=True)).to_have_value("")
    for one in (alice, bob):
        expect(one.line("meanwhile")).to_have_count(1, timeout=20_000)
        expect(one.page.get_by_text("The chat can't be reached at the moment.")).to_be_hidden(timeout=20_000)
    bob.say("after")
    expect(alice.line("after")).to_have_count(1)


@pytest.mark.slow_ok
def test_without_postgresql_sending_is_refused_with_a_word(
    chat: OpenChat, stack: RunningStack, eventually: Eventually
) -> None:
    bob = chat("bob")
    with stack.stopped("postgres"):
        bob.say("into the void")
        expect(bob.page.locator("[data-notice]")).to_contain_text("Try again soon", timeout=30_000)
        expect(bob.page.get_by_label("Message", exact=True)).to_have_value("into the void")

    def is_back() -> bool:
        answer = bob.page.reload()
        return answer is not None and answer.ok

    eventually(is_back, 30)
    expect(bob.page.locator("chat-room")).to_have_attribute("data-state", "live", timeout=30_000)
    expect(bob.line("into the void")).to_have_count(0)
