"""Browsers for the people of a chat, each with a session of their own, and Alice's channel."""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.stack import RunningStack

expect.set_options(timeout=15_000)

# More than there are tests of the chat.
STAGES = 30
_PREPARE = """
import json
from django.test import Client
from django.utils import timezone
from accounts.actions import appoint, change_address, open_channel
from accounts.models import ChannelRole, User
people = {{}}
for name in ("alice", "bob", "carol", "mallory"):
    user, _ = User.objects.get_or_create(username=name)
    change_address(user=user, address=name + "@example.com", by=user)
    people[name] = user
moderator = ChannelRole.Role.MODERATOR
for name in {names!r}:
    channel = open_channel(name=name, owner=people["alice"], title="Alpine mornings")
    appoint(channel=channel, user=people["carol"], role=moderator, by=people["alice"], now=timezone.now())
sessions = {{}}
for name, user in people.items():
    client = Client()
    client.force_login(user)
    sessions[name] = client.cookies["sessionid"].value
print(json.dumps(sessions))
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


@dataclass(frozen=True)
class Stage:
    """A channel of Alice's that Carol moderates, and everybody's session."""

    name: str
    sessions: dict[str, str]


@pytest.fixture(scope="session")
def unused_stages(stack: RunningStack) -> Iterator[Stage]:
    """One for each test, all made at once: a process for each would take longer than the tests."""
    names = [f"chat-{secrets.token_hex(3)}" for _ in range(STAGES)]
    said = stack.manage("shell", "--verbosity", "0", "--command", _PREPARE.format(names=names))
    sessions = json.loads(said.splitlines()[-1])
    return (Stage(name, sessions) for name in names)


@pytest.fixture
def stage(unused_stages: Iterator[Stage]) -> Stage:
    """A channel on which nothing has been said."""
    return next(unused_stages)


@pytest.fixture
def channel_name(stage: Stage) -> str:
    return stage.name


@pytest.fixture
def chat(browser: Browser, stack: RunningStack, stage: Stage) -> Iterator[OpenChat]:
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
            if person:
                context.add_cookies([{"name": "sessionid", "value": stage.sessions[person], "url": stack.url}])
            page = context.new_page()
            watch_over(page)
            return Chat(page, stage.name).open()

        yield open_chat
    assert complaints == []
