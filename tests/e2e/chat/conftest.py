"""Browsers for the people of a chat, each with a session of their own, and Alice's channel."""

import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
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


@dataclass(frozen=True)
class Stages:
    """Channels on which nothing has been said, and everybody's session."""

    names: Iterator[str]
    sessions: dict[str, str]


@pytest.fixture(scope="session")
def unused_stages(stack: RunningStack) -> Stages:
    """One for each test, all made at once: a process for each would take longer than the tests."""
    names = [f"chat-{secrets.token_hex(3)}" for _ in range(STAGES)]
    said = stack.manage("shell", "--verbosity", "0", "--command", _PREPARE.format(names=names))
    return Stages(iter(names), json.loads(said.splitlines()[-1]))


@pytest.fixture
def stage(unused_stages: Stages) -> Stage:
    """A channel on which nothing has been said."""
    return Stage(next(unused_stages.names), unused_stages.sessions)


@pytest.fixture
def channel_name(stage: Stage) -> str:
    return stage.name


class Tabs:
    """Browsers that stay open from test to test, one for each person: what they have loaded once they have."""

    def __init__(self, browser: Browser, stack: RunningStack, sessions: dict[str, str]) -> None:
        self._browser, self._url, self._sessions = browser, stack.url, sessions
        self._pages: dict[tuple[str, int, int], Page] = {}
        self.complaints: list[str] = []

    def take(self, person: str, width: int, number: int) -> Page:
        """A person's page, or a stranger's; number 1 is a second one beside number 0."""
        key = (person, width, number)
        if key not in self._pages:
            self._pages[key] = self._open(person, width)
        return self._pages[key]

    def _open(self, person: str, width: int) -> Page:
        context = self._browser.new_context(base_url=self._url, viewport={"width": width, "height": 800})
        context.set_default_timeout(15_000)
        if person:
            context.add_cookies([{"name": "sessionid", "value": self._sessions[person], "url": self._url}])
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._note)
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        return page

    def _note(self, message: ConsoleMessage) -> None:
        if "Security Policy" in message.text:
            self.complaints.append(message.text)

    def leave(self) -> None:
        """Nobody looks at anything any more."""
        for page in self._pages.values():
            page.goto("about:blank")

    def close(self) -> None:
        for page in self._pages.values():
            page.context.close()


@pytest.fixture(scope="session")
def tabs(browser: Browser, stack: RunningStack, unused_stages: Stages) -> Iterator[Tabs]:
    tabs = Tabs(browser, stack, unused_stages.sessions)
    yield tabs
    tabs.close()


@pytest.fixture
def chat(tabs: Tabs, stage: Stage) -> Iterator[OpenChat]:
    """Open the chat as somebody, or as nobody. Scripts must neither throw nor break the content security policy."""
    opened: Counter[tuple[str, int]] = Counter()

    def open_chat(person: str = "", width: int = 1280) -> Chat:
        page = tabs.take(person, width, opened[person, width])
        opened[person, width] += 1
        return Chat(page, stage.name).open()

    yield open_chat
    tabs.leave()
    complaints, tabs.complaints = tabs.complaints, []
    assert complaints == []
