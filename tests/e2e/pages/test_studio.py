import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages.browsing import Publish, Stage, await_frames, log_in


@pytest.fixture
def stage(stages: dict[str, Stage]) -> Stage:
    return stages["run"]


@pytest.fixture
def studio(page: Page, stage: Stage) -> Page:
    """Alice's studio, on one of her channels."""
    log_in(page, "alice")
    page.goto(f"/studio/{stage.name}/")
    return page


def test_strangers_are_asked_to_log_in(page: Page, stage: Stage) -> None:
    page.goto(f"/studio/{stage.name}/")

    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_nobody_gets_into_the_studio_of_others(page: Page, stage: Stage) -> None:
    log_in(page, "bob")
    expect(page.get_by_text("You have no channel yet")).to_be_visible()

    shown = page.goto(f"/studio/{stage.name}/")

    assert shown is not None
    assert shown.status == 404
    status = page.request.get(f"/studio/{stage.name}/status")
    assert status.status == 404


def test_the_key_is_hidden_until_asked_for(studio: Page, stage: Stage) -> None:
    assert stage.stream_key not in studio.content()
    key = studio.get_by_label("Stream key", exact=True)

    studio.locator("copy-field").filter(has=key).get_by_role("button", name="Copy").click()
    expect(studio.get_by_role("button", name="Copied")).to_be_visible()
    assert studio.evaluate("navigator.clipboard.readText()") == stage.stream_key
    expect(key).to_have_value("")

    studio.get_by_role("button", name="Show").click()
    expect(key).to_have_value(stage.stream_key)
    studio.get_by_role("button", name="Hide").click()
    expect(key).to_have_value("")


def test_a_refused_encoder_is_told_of(studio: Page, stage: Stage, publish: Publish) -> None:
    channel_id = stage.stream_key.partition("-")[0]
    publish(stage, key=f"{channel_id}-" + "a" * 32)

    expect(studio.get_by_text("The last encoder was turned away")).to_be_visible()
    expect(studio.get_by_text("The stream key is not this channel's.")).to_be_visible()


def test_ending_the_stream_asks_first_and_drops_the_encoder(studio: Page, stage: Stage, publish: Publish) -> None:
    encoder = publish(stage)
    expect(studio.get_by_role("heading", name="You are live")).to_be_visible()
    expect(studio.get_by_text("640 × 360")).to_be_visible()
    watcher = studio.context.new_page()
    watcher.goto(f"/@{stage.name}")
    await_frames(watcher, 15)

    studio.get_by_role("button", name="End stream").click()
    studio.get_by_role("dialog").get_by_role("button", name="Keep going").click()
    expect(studio.get_by_role("heading", name="You are live")).to_be_visible()
    studio.get_by_role("button", name="End stream").click()
    studio.get_by_role("dialog").get_by_role("button", name="End stream").click()

    expect(studio.get_by_role("heading", name="You are off the air")).to_be_visible()
    encoder.wait(within=5)
    expect(watcher.get_by_text("The broadcast has ended")).to_be_visible()


def test_a_reset_key_is_another_one(studio: Page, stage: Stage) -> None:
    studio.get_by_role("button", name="Reset key").click()
    studio.get_by_role("dialog").get_by_role("button", name="Reset key").click()

    expect(studio.get_by_text("Your stream key is new.")).to_be_visible()
    studio.get_by_role("button", name="Show").click()
    key = studio.get_by_label("Stream key", exact=True)
    expect(key).not_to_have_value("")
    assert key.input_value() != stage.stream_key
