"""Alice's channel that takes tips and has a tier, Bob's purse, Carol who looks on, and a page for each of them."""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.stack import RunningStack

expect.set_options(timeout=15_000)

_PREPARE = """
import json
from django.test import Client
from accounts.actions import change_address, open_channel
from accounts.models import User
from django.utils import timezone
from monetization.actions import set_goal, set_tips
from monetization.money import Money
from monetization.tiers import open_tier
people = {{}}
for name, username in (("alice", "alice"), ("bob", {payer!r}), ("carol", {payer!r} + "s-friend")):
    user, _ = User.objects.get_or_create(username=username)
    change_address(user=user, address=username + "@example.com", by=user)
    people[name] = user
channel = open_channel(name={channel!r}, owner=people["alice"], title="Alpine mornings")
set_tips(channel=channel, is_on=True, least=Money(100, "eur"), most=Money(50000, "eur"), by=people["alice"])
facts = {{"channel": channel, "by": people["alice"], "now": timezone.now()}}
set_goal(title="A lamp", amount=Money(2000, "eur"), ends_at=None, **facts)
open_tier(name="Friends", about="", perk_codes=[], price=Money(100, "eur"), **facts)
sessions = {{}}
for name, user in people.items():
    client = Client()
    client.force_login(user)
    sessions[name] = client.cookies["sessionid"].value
print(json.dumps(sessions))
"""
Open = Callable[[str], Page]


@pytest.fixture(scope="session")
def channel() -> str:
    return f"tipped-{secrets.token_hex(3)}"


@pytest.fixture(scope="session")
def sessions(stack: RunningStack, channel: str) -> dict[str, str]:
    script = _PREPARE.format(channel=channel, payer=f"payer{secrets.token_hex(3)}")
    made: dict[str, str] = json.loads(stack.manage("shell", "--verbosity", "0", "--command", script).splitlines()[-1])
    return made


@pytest.fixture
def open_as(browser: Browser, stack: RunningStack, sessions: dict[str, str]) -> Iterator[Open]:
    """A page for one of the cast. Its scripts must neither throw nor do what the content security policy forbids."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Security Policy" in message.text:
            complaints.append(message.text)

    with ExitStack() as leaving:

        def open_one(name: str) -> Page:
            context = browser.new_context(base_url=stack.url, viewport={"width": 1280, "height": 800})
            leaving.callback(context.close)
            context.set_default_timeout(15_000)
            context.add_cookies([{"name": "sessionid", "value": sessions[name], "url": stack.url}])
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", note)
            return page

        yield open_one
    assert complaints == []
