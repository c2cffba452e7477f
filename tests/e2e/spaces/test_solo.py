"""Live from the browser: somebody without OBS is seen by everybody, also after their page was loaded anew."""

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Eventually
from tests.e2e.pages.browsing import barriers
from tests.e2e.spaces.conftest import Gathering
from tests.e2e.spaces.test_spaces import plays
from tests.stack import RunningStack


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


REFUSE = """
const asked = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  if (%s.some((kind) => wanted[kind])) throw new DOMException("no", "NotAllowedError");
  return asked(wanted);
};
"""


def notes(page: Page) -> str:
    """What the page says of devices."""
    return " ".join(page.locator("browser-live [data-fault]:visible").all_inner_texts())


def state(page: Page) -> str:
    return str(page.locator("browser-live").get_attribute("data-state"))


def sent_s(page: Page, kind: str) -> float:
    """How much sound, or how high a picture, the page sends."""
    script = """async (kind) => {
      const connected = window.connections.filter((one) => one.connectionState === "connected");
      const senders = connected.flatMap((one) => one.getSenders());
      const sender = senders.find((one) => one.track?.kind === kind);
      if (!sender) return 0;
      const facts = [...(await sender.getStats()).values()];
      if (kind === "video") return facts.find((one) => one.type === "outbound-rtp")?.frameHeight ?? 0;
      return facts.find((one) => one.type === "media-source")?.totalAudioEnergy ?? 0;
    }"""
    return float(page.evaluate(script, kind))


CONNECTIONS = """
window.connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...facts) {
    super(...facts);
    window.connections.push(this);
  }
};
"""


def test_a_screen_and_its_sound_go_out_without_a_microphone(
    gathering: Gathering, stack: RunningStack, eventually: Eventually
) -> None:
    """Refused the microphone, one still shares a screen, changes to the camera and back; Janus dies meanwhile."""
    alice, viewer = gathering.guests["alice"], gathering.stranger()
    alice.page.context.add_init_script(CONNECTIONS)
    alice.page.context.add_init_script(REFUSE % '["audio"]')
    alice.page.goto(f"/studio/{gathering.channel}/")
    alice.press("With a screen")
    expect(alice.page.get_by_text("The microphone can't be used")).to_be_visible()
    alice.press("Use these")
    eventually(lambda: state(alice.page) == "live", within=12)
    assert "Allow it beside the address, then press Devices." in notes(alice.page)
    viewer.goto(f"/@{gathering.channel}")
    eventually(lambda: plays(viewer), within=16)
    eventually(lambda: sent_s(alice.page, "audio") > 0, within=4)

    buttons = alice.page.locator("browser-live")
    buttons.get_by_role("button", name="Camera", exact=True).click()
    eventually(lambda: is_green(viewer), within=12)
    expect(
        alice.page.get_by_role("status").filter(has_text="Your picture goes out without your voice.")
    ).to_be_visible()

    stack.kill("sfu")
    eventually(lambda: state(alice.page) != "live", within=8)
    eventually(lambda: state(alice.page) == "live", within=15)
    screen = buttons.get_by_role("button", name="Screen", exact=True)
    screen.click()
    # Until it is there, the page is live with the camera.
    expect(screen).to_have_attribute("aria-pressed", "true")
    eventually(lambda: state(alice.page) == "live", within=8)
    alice.page.evaluate("""async () => {
      const [track] = (await import("lib/solo")).currentSolo().picture.getTracks();
      track.stop();
      track.dispatchEvent(new Event("ended"));
    }""")
    expect(alice.page.get_by_role("alert").filter(has_text="Press Screen to share one again.")).to_be_visible()
    alice.page.reload()
    expect(alice.page.get_by_role("status").filter(has_text="Viewers see the title and hear nothing.")).to_be_visible()
    assert "Viewers don't hear you" in notes(alice.page)
    buttons.get_by_role("button", name="End stream").click()
    viewer.context.close()


def test_nothing_begins_without_any_device(gathering: Gathering) -> None:
    alice = gathering.guests["alice"]
    alice.page.context.add_init_script(REFUSE % '["audio", "video"]')
    alice.page.goto(f"/studio/{gathering.channel}/")
    alice.press("With the camera")
    expect(alice.page.get_by_role("alert").filter(has_text="Allow them beside the address")).to_be_visible()
    assert state(alice.page) == "off"
