"""axe-core on every kind of page: nothing serious, and legible in both themes. The replay page has its own tests."""

import pytest
from playwright.sync_api import Page

from tests.e2e.pages.browsing import Publish, Stage, await_frames, barriers, log_in

OPEN = (
    "/",
    "/upcoming",
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


def look(page: Page, paths: tuple[str, ...], dark: str) -> list[str]:
    """Everything grave on these pages: all rules in the dark, and in the light those of colour."""
    found: list[str] = []
    for path in paths:
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        answer = page.goto(path.format(dark=dark))
        assert answer is not None
        assert answer.ok, path
        found += barriers(page)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        found += barriers(page, "color-contrast")
    return found


@pytest.mark.slow_ok
def test_nobody_is_kept_out(page: Page, stages: dict[str, Stage]) -> None:
    dark = stages["dark"].name

    found = look(page, OPEN, dark)
    log_in(page, "alice")
    found += look(page, OWN, dark)

    assert found == []


def test_nobody_is_kept_out_while_it_plays(page: Page, stages: dict[str, Stage], publish: Publish) -> None:
    publish(stages["browsed"])
    page.goto(f"/@{stages['browsed'].name}")
    await_frames(page)

    found = barriers(page)
    page.get_by_role("link", name="Estrade").first.click()
    page.locator(".mini-player").wait_for()

    assert found + barriers(page) == []
