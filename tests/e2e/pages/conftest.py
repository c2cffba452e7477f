"""A browser page and Alice's channels, for the tests of what one sees and presses."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.e2e.encoder import Encoder
from tests.e2e.pages.browsing import PASSWORD, Publish, Stage
from tests.stack import RunningStack

ROLES = (
    "watched",
    "interrupted",
    "awaited",
    "dark",
    "run",
    "followed",
    "rehearsed",
    "gated",
    "adult",
    "kept",
    "rewound",
    "browsed",
)
_PREPARE = """
import json
from accounts.actions import change_address, open_channel
from accounts.models import User
from chat.actions import open_main_room, renew_overlay
alice, _ = User.objects.get_or_create(username="alice")
bob, _ = User.objects.get_or_create(username="bob")
for user in (alice, bob):
    user.set_password({password!r})
    user.save()
    change_address(user=user, address=user.username + "@example.com", by=user)
made = {{}}
for role in {roles!r}:
    channel = open_channel(name=role + {suffix!r}, owner=alice, title="All about " + role)
    if role == "dark":
        renew_overlay(room=open_main_room(channel=channel), by=alice)
    made[role] = [channel.name, channel.title, channel.stream_key]
print(json.dumps(made))
"""


@pytest.fixture(scope="session")
def stages(stack: RunningStack) -> dict[str, Stage]:
    """Alice's channels, one for each thing that happens to one."""
    script = _PREPARE.format(password=PASSWORD, roles=ROLES, suffix=f"-{secrets.token_hex(3)}")
    made = json.loads(stack.manage("shell", "--verbosity", "0", "--command", script).splitlines()[-1])
    ingest_url = f"rtmp://127.0.0.1:{stack.values['RTMP_PORT']}/live"
    return {role: Stage(name, title, key, ingest_url) for role, (name, title, key) in made.items()}


@pytest.fixture
def publish(clip: Path) -> Iterator[Publish]:
    """Go live on a stage; whoever still sends at the end of the test is cut."""
    encoders: list[Encoder] = []

    def start(stage: Stage, key: str = "") -> Encoder:
        encoders.append(Encoder(f"{stage.ingest_url}/{key or stage.stream_key}", clip))
        return encoders[-1]

    yield start
    for encoder in encoders:
        encoder.stop()


@pytest.fixture
def context(browser: Browser, stack: RunningStack) -> Iterator[BrowserContext]:
    permissions = ["clipboard-read", "clipboard-write"]
    context = browser.new_context(base_url=stack.url, viewport={"width": 1280, "height": 800}, permissions=permissions)
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page whose scripts must neither throw nor do what the content security policy forbids."""
    page = context.new_page()
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Security Policy" in message.text:
            complaints.append(message.text)

    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", note)
    yield page
    assert complaints == []
