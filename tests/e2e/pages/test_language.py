"""Somebody chooses French at the foot of a page."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.pages.browsing import Publish, Stage, await_frames
from tests.stack import RunningStack


def test_french_changes_the_page_and_stays(page: Page, stack: RunningStack) -> None:
    page.goto("/search?q=zebra")
    expect(page.locator("html")).to_have_attribute("lang", "en")

    page.get_by_role("button", name="Français").click()

    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.get_by_role("heading", name="Recherche de « zebra »")).to_be_visible()
    assert page.url.endswith("/search?q=zebra")
    expect(page.get_by_role("button", name="Français")).to_have_attribute("aria-current", "true")

    page.get_by_role("link", name="Se connecter").click()
    expect(page.get_by_role("heading", name="Se connecter")).to_be_visible()
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "fr")


def test_the_controls_of_the_player_are_french_too(
    page: Page, stack: RunningStack, stages: dict[str, Stage], publish: Publish
) -> None:
    stage = stages["watched"]
    publish(stage)
    page.context.add_cookies([{"name": "django_language", "value": "fr", "url": stack.url}])
    with page.expect_response(lambda response: ".m4s" in response.url):
        page.goto(f"/@{stage.name}")
    await_frames(page, 15)

    expect(page.locator("media-play-button")).to_have_attribute("aria-label", "Pause")
    expect(page.locator("media-fullscreen-button")).to_have_attribute("aria-label", "Plein écran")
    expect(page.locator("media-volume-range").get_by_role("slider", name="Volume")).to_be_attached()
    expect(page.locator("media-live-button")).to_contain_text("En direct")
    page.keyboard.press("s")
    expect(page.locator("[data-stat=buffer]")).to_have_text(re.compile(r"^\d,\d\d\ss$"))
