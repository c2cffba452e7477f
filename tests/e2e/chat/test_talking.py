from playwright.sync_api import expect

from tests.e2e.chat.conftest import OpenChat
from tests.stack import RunningStack


def test_two_people_talk_and_a_stranger_reads_along(chat: OpenChat) -> None:
    alice, bob, stranger = chat("alice"), chat("bob"), chat()
    expect(bob.page.get_by_text("Nobody has said anything yet.")).to_be_visible()

    alice.say("Good morning")
    bob.say("And to you <b>there</b>")

    for one in (alice, bob, stranger):
        expect(one.line("Good morning")).to_have_count(1)
        expect(one.line("And to you <b>there</b>")).to_have_count(1)
    expect(stranger.page.get_by_role("link", name="Log in to chat")).to_be_visible()
    late = chat()
    expect(late.page.locator(".line__text")).to_have_text(["Good morning", "And to you <b>there</b>"])


def test_what_was_missed_is_caught_up_with(chat: OpenChat, stack: RunningStack) -> None:
    bob = chat("bob")
    bob.say("before")
    expect(bob.line("before")).to_have_count(1)
    alice = chat("alice")
    bob.page.context.set_offline(True)
    bob.page.evaluate("import('lib/socket').then(({ socket }) => socket.send('ping').catch(() => {}))")
    stack.kill("web")
    alice.say("while web was away")
    bob.page.context.set_offline(False)

    for one in (alice, bob):
        expect(one.line("while web was away")).to_have_count(1, timeout=30_000)
        expect(one.line("before")).to_have_count(1)


def test_the_page_holds_two_hundred_lines(chat: OpenChat, stack: RunningStack, channel_name: str) -> None:
    bob = chat("bob")
    script = f"""
from django.db import transaction
from django.utils import timezone
from accounts.models import Channel, User
from chat.actions import open_main_room
from chat.lines import add_line, lock
alice = User.objects.get(username="alice")
with transaction.atomic():
    room = lock(open_main_room(channel=Channel.objects.get(name={channel_name!r})))
    for number in range(260):
        add_line(room, timezone.now(), author=alice, text=f"line {{number}}")
"""
    stack.manage("shell", "--verbosity", "0", "--command", script)

    expect(bob.page.locator(".line__text").last).to_have_text("line 259")
    expect(bob.page.locator(".line")).to_have_count(200)
    expect(bob.page.locator(".line__text").first).to_have_text("line 60")
