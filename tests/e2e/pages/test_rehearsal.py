"""Behind the curtain and before it: what alice and those who wait for her see."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.e2e.pages.browsing import Publish, Stage, await_frames, await_stats, log_in
from tests.stack import RunningStack


def test_a_rehearsal_goes_public_before_everybodys_eyes(
    page: Page, browser: Browser, stack: RunningStack, stages: dict[str, Stage], publish: Publish
) -> None:
    stage = stages["rehearsed"]
    log_in(page, "alice")
    page.goto(f"/studio/?channel={stage.name}")
    page.get_by_label("Rehearsal").check()
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_text("Your next broadcast begins that way.")).to_be_visible()
    waiting = browser.new_page(base_url=stack.url)
    waiting.goto(f"/@{stage.name}")

    encoder = publish(stage)
    expect(page.get_by_role("heading", name="You are rehearsing")).to_be_visible()
    watching = page.context.new_page()
    watching.goto(f"/@{stage.name}")
    await_frames(watching, 15)
    expect(waiting.get_by_text(f"{stage.name} is off the air")).to_be_visible()

    page.get_by_role("button", name="Go public").click()
    expect(page.get_by_role("heading", name="You are live")).to_be_visible()
    await_frames(waiting, 15, within_s=30)
    await_frames(watching, 15, within_s=30)
    expect(waiting.get_by_text(f"{stage.name} is off the air")).to_be_hidden()
    # Bitrates are drawn, and this page counts as a viewer.
    expect(page.locator("line-plot canvas").first).to_be_visible()
    expect(waiting.locator("[data-viewers]")).to_have_text(re.compile("[12]"), timeout=30_000)
    waiting.close()
    encoder.stop()


def test_a_stranger_is_kept_out_until_they_follow(
    page: Page, stages: dict[str, Stage], publish: Publish, browser: Browser, stack: RunningStack
) -> None:
    stage = stages["gated"]
    log_in(page, "alice")
    page.goto(f"/studio/?channel={stage.name}")
    page.get_by_label("Followers").check()
    page.get_by_role("button", name=re.compile("Save|Change now")).last.click()
    publish(stage)
    bob = browser.new_context(base_url=stack.url).new_page()
    log_in(bob, "bob")

    bob.goto(f"/@{stage.name}")
    expect(bob.get_by_text("This broadcast is for those who follow the channel.")).to_be_visible()
    bob.locator(".player__message").get_by_role("button", name="Follow").click()

    await_frames(bob, 15, within_s=30)
    bob.context.close()


def test_a_warning_comes_before_what_is_for_adults(
    page: Page, stages: dict[str, Stage], publish: Publish, browser: Browser, stack: RunningStack
) -> None:
    stage = stages["adult"]
    log_in(page, "alice")
    page.goto(f"/studio/?channel={stage.name}")
    page.get_by_label("For adults").check()
    page.get_by_role("button", name="Save").first.click()
    publish(stage)
    visitor = browser.new_page(base_url=stack.url)
    visitor.goto(f"/@{stage.name}")

    expect(visitor.get_by_text("This broadcast is for adults", exact=True)).to_be_visible(timeout=20_000)
    visitor.get_by_role("button", name="I am of age, show it").click()

    await_frames(visitor, 15, within_s=30)
    await_stats(visitor, lambda facts: facts["state"] == "playing")
    visitor.close()
