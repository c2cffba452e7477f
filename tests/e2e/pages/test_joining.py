"""From a stranger to somebody with a channel, as a new user goes."""

import re
import secrets
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.pages.browsing import PASSWORD, Stage, log_in
from tests.stack import RunningStack

LINK = re.compile(r"https?://\S+/confirm-email/\S+")


def letter_to(stack: RunningStack, address: str) -> str:
    """The newest letter to an address; nothing while it is on its way."""
    letters = sorted((stack.var / "mail").glob("*"), key=lambda path: path.stat().st_mtime)
    texts = (path.read_text() for path in reversed(letters))
    return next((text for text in texts if f"To: {address}" in text), "")


def test_a_stranger_signs_up_confirms_and_opens_a_channel(
    page: Page, stack: RunningStack, eventually: Callable[..., Any]
) -> None:
    name = f"dave{secrets.token_hex(3)}"
    page.goto("/")
    page.get_by_role("link", name="Sign up").click()
    page.get_by_label("E-mail").fill(f"{name}@example.com")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("That name is reserved.")).to_be_visible()
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()

    link = LINK.search(eventually(lambda: letter_to(stack, f"{name}@example.com"), within=20))
    assert link
    page.goto(link[0])
    page.get_by_role("button", name="Yes, confirm").click()

    expect(page.get_by_text("Your address is confirmed.")).to_be_visible()
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("link", name="Studio", exact=True).click()
    page.get_by_role("link", name="Open a channel").click()
    page.get_by_label("Title").fill("Mornings with Dave")
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_role("heading", name="Mornings with Dave")).to_be_visible()
    expect(page.get_by_role("heading", name="Connect your encoder")).to_be_visible()
    page.get_by_role("link", name=f"/@{name}").click()
    expect(page.get_by_text(f"{name} is off the air")).to_be_visible()


def test_following_and_leaving_a_channel(page: Page, stages: dict[str, Stage]) -> None:
    channel = stages["dark"].name
    log_in(page, "bob")
    page.goto(f"/@{channel}")
    page.get_by_role("button", name="Follow").click()
    expect(page.get_by_role("button", name="Following")).to_be_visible()

    page.goto("/following/")
    expect(page.get_by_text(f"@{channel}")).to_be_visible()
    page.get_by_role("button", name="Unfollow").first.click()
    expect(page.get_by_text(f"@{channel}")).to_be_hidden()
