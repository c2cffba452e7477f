"""Live from the browser: somebody without OBS is seen by everybody, also after their page was loaded anew."""

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Eventually
from tests.e2e.pages.browsing import barriers
from tests.e2e.spaces.conftest import Gathering
from tests.e2e.spaces.test_spaces import plays


def is_green(page: Page) -> bool:
    """Whether a player shows something green."""
    script = """(video) => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 1;
      const pen = canvas.getContext("2d");
      pen.drawImage(video, video.videoWidth * 0.7, video.videoHeight * 0.6, 8, 8, 0, 0, 1, 1);
      return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
    }"""
    red, green, _blue = page.locator("live-player video[slot=media]").first.evaluate(script)
    return bool(green > red + 40)


def test_somebody_goes_live_from_their_browser(gathering: Gathering, eventually: Eventually) -> None:
    alice, viewer = gathering.guests["alice"], gathering.stranger()
    alice.page.goto(f"/studio/{gathering.channel}/")
    alice.press("With the camera")
    alice.press("Use these")
    expect(alice.page.get_by_role("heading", name="You are live")).to_be_visible()
    viewer.goto(f"/@{gathering.channel}")
    # What the fake camera shows is green; what is shown without one is grey.
    eventually(lambda: plays(viewer) and is_green(viewer), within=16)
    assert barriers(alice.page) == []

    # Loaded anew: the same broadcast, and nobody clicks. The player goes on by itself.
    clock = "document.querySelector('live-player video').currentTime"
    began = viewer.evaluate(clock)
    alice.page.reload()
    live = alice.page.get_by_role("status").filter(has_text="Your picture and your voice go out.")
    expect(live).to_be_visible()
    eventually(lambda: viewer.evaluate(clock) > began + 3, within=12)

    alice.page.locator("browser-live").get_by_role("button", name="End stream").click()
    expect(alice.page.get_by_role("heading", name="You are off the air")).to_be_visible()
    viewer.context.close()
