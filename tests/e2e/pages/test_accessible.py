"""axe-core on every kind of page: nothing serious, and legible in both themes. The replay page has its own tests."""

import pytest
from playwright.sync_api import Page

from tests.e2e.pages.browsing import Publish, Stage, await_frames, barriers, log_in

OPEN = (
    "/",
    "/upcoming",
    "/spaces/",
    "/categories",
    "/search",
    "/search?q=all",
    "/@{dark}",
    "/@{dark}/replays",
    "/@{dark}/past",
    "/@{dark}/schedule",
    "/users/alice",
    "/terms",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
)
OWN = (
    "/studio/",
    "/studio/new",
    "/studio/{dark}/",
    "/studio/{dark}/edit",
    "/studio/{dark}/crew",
    "/studio/{dark}/broadcasts",
    "/studio/{dark}/schedule",
    "/studio/{dark}/recordings",
    "/studio/{dark}/chat",
    "/spaces/new",
    "/following/",
    "/notifications/",
    "/settings/",
    "/settings/notifications",
    "/settings/blocks",
    "/settings/account",
    "/accounts/email/",
    "/accounts/2fa/",
    "/accounts/password/change/",
    "/report/?kind=user&id=bob",
)


TOOLS = {
    "card": "card.open('bob')",
    "crew": "crew.open()",
    "hidden": "hiddenList.open()",
    "modes": "querySelector(\"[data-dialog='modes']\").showModal()",
}


def look(page: Page, paths: tuple[str, ...], dark: str) -> list[str]:
    """Everything grave on these pages."""
    found: list[str] = []
    for path in paths:
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        answer = page.goto(path.format(dark=dark))
        assert answer is not None
        assert answer.ok, path
        found += in_both_themes(page)
    return found


def look_at_chat_tools(page: Page, dark: str) -> list[str]:
    """The chat in a window of its own, and what opens there for those who keep order."""
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.goto(f"/@{dark}/chat")
    page.locator("chat-room[data-state='live']").wait_for()
    page.get_by_role("button", name="Emotes and emoji").click()
    page.locator("[data-grid] button").nth(20).wait_for()
    page.locator("summary", has_text="⋯").click()
    found = in_both_themes(page, "chat-room")
    for name, opening in TOOLS.items():
        page.evaluate(f"document.querySelector('chat-room').{opening}")
        found += in_both_themes(page, f"[data-dialog='{name}']")
        page.keyboard.press("Escape")
    return found


def in_both_themes(page: Page, within: str | None = None) -> list[str]:
    """All rules in the dark, and in the light those of colour."""
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found = barriers(page, within=within)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    return found + barriers(page, "color-contrast", within=within)


@pytest.mark.slow_ok
@pytest.mark.parametrize("every", [6, pytest.param(1, marks=pytest.mark.soak)])
def test_nobody_is_kept_out(page: Page, stages: dict[str, Stage], every: int) -> None:
    """From each sixth page; from all in `make soak`."""
    dark = stages["dark"].name

    found = look(page, OPEN[::every], dark)
    log_in(page, "alice")
    found += look(page, OWN[::every], dark)
    found += look_at_chat_tools(page, dark)

    assert found == []


def test_nobody_is_kept_out_while_it_plays(page: Page, stages: dict[str, Stage], publish: Publish) -> None:
    publish(stages["browsed"])
    page.goto(f"/@{stages['browsed'].name}")
    await_frames(page)

    found = barriers(page)
    page.get_by_role("link", name="Estrade").first.click()
    page.locator(".mini-player").wait_for()

    assert found + barriers(page) == []
