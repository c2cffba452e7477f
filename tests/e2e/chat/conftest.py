"""Browsers for the people of a chat, each with a session of their own, and Alice's channel."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.e2e.pages.browsing import PASSWORD, log_in
from tests.stack import RunningStack

expect.set_options(timeout=15_000)

_PREPARE = """
from django.utils import timezone
from accounts.actions import appoint, change_address, open_channel
from accounts.models import ChannelRole, User
people = {{}}
for name in ("alice", "bob", "carol"):
    user, _ = User.objects.get_or_create(username=name)
    user.set_password({password!r})
    user.save()
    change_address(user=user, address=name + "@example.com", by=user)
    people[name] = user
channel = open_channel(name={name!r}, owner=people["alice"], title="Alpine mornings")
moderator = ChannelRole.Role.MODERATOR
appoint(channel=channel, user=people["carol"], role=moderator, by=people["alice"], now=timezone.now())
"""


@dataclass(frozen=True)
class Chat:
    """A channel's chat as one person has it open."""

    page: Page
    name: str

    def open(self) -> "Chat":
        self.page.goto(f"/@{self.name}")
        expect(self.page.locator("chat-room")).to_have_attribute("data-state", "live")
        return self

    def say(self, text: str) -> None:
        self.page.get_by_label("Message", exact=True).fill(text)
        self.page.keyboard.press("Enter")

    def line(self, text: str) -> Locator:
        return self.page.locator(".line").filter(has_text=text)


OpenChat = Callable[..., Chat]


@pytest.fixture
def channel_name(stack: RunningStack) -> str:
    """A channel of Alice's that Carol moderates."""
    name = f"chat-{secrets.token_hex(3)}"
    stack.manage("shell", "--verbosity", "0", "--command", _PREPARE.format(password=PASSWORD, name=name))
    return name


@pytest.fixture
def chat(browser: Browser, stack: RunningStack, channel_name: str) -> Iterator[OpenChat]:
    """Open the chat as somebody, or as nobody. Scripts must neither throw nor break the content security policy."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Security Policy" in message.text:
            complaints.append(message.text)

    def watch_over(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", note)
        page.on("dialog", lambda dialog: complaints.append(dialog.message))

    with ExitStack() as closing:

        def open_chat(person: str = "", width: int = 1280) -> Chat:
            context = browser.new_context(base_url=stack.url, viewport={"width": width, "height": 800})
            closing.callback(context.close)
            context.set_default_timeout(15_000)
            page = context.new_page()
            watch_over(page)
            if person:
                log_in(page, person)
            return Chat(page, channel_name).open()

        yield open_chat
    assert complaints == []
