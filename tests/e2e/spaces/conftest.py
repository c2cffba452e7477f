"""Browsers with a microphone that hums a tone of its own, and the Spaces they meet in."""

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, WebSocketRoute

from tests.e2e.conftest import CHROMIUM
from tests.e2e.viewer import CHROMIUM_FLAGS
from tests.stack import RunningStack

FAKES = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
]
_PREPARE = """
import json
from django.test import Client
from accounts.actions import change_address, open_channel
from accounts.models import User
sessions, people = {{}}, {{}}
for name in ("alice", "bob", "carol", "dave"):
    user, _ = User.objects.get_or_create(username=name)
    change_address(user=user, address=name + "@example.com", by=user)
    people[name] = user.pk
    client = Client()
    client.force_login(user)
    sessions[name] = client.cookies["sessionid"].value
open_channel(name={name!r}, owner=User.objects.get(username="alice"), title="Alpine evenings")
print(json.dumps({{"sessions": sessions, "people": people}}))
"""
# An open Space of Alice's with these people on its stage.
_OPEN = """
from django.utils import timezone
from accounts.models import Channel, User
from spaces.actions import Plan, open_now
from spaces.models import Part
now = timezone.now()
host = User.objects.get(username="alice")
channel = Channel.objects.get(name={channel!r})
space = open_now(channel=channel, host=host, plan=Plan({title!r}), now=now)
for name in {on_stage!r}:
    Part.objects.create(space=space, user=User.objects.get(username=name), role="speaker", on_stage_at=now)
print(space.pk)
"""
# Each page's microphone hums at its own pitch; four of them together are no louder than sound can be, which would
# make more pitches.
TONE = """
const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = wanted.video ? await real({ video: wanted.video }) : new MediaStream();
  if (wanted.audio) {
    const context = new AudioContext();
    const hum = new OscillatorNode(context, { frequency: %d });
    const out = new MediaStreamAudioDestinationNode(context);
    hum.connect(new GainNode(context, { gain: 0.25 })).connect(out);
    hum.start();
    window.hum = out.stream.getAudioTracks()[0];
    stream.addTrack(window.hum);
  }
  return stream;
};
"""
# When something was first so in a page, by the clock of all pages.
_WATCH = """(isSo) => {
  const look = new Function(`return ${isSo}`);
  window.soAt = new Promise((resolve) => {
    const again = () => (look() ? resolve(Date.now()) : setTimeout(again, 5));
    again();
    setTimeout(() => resolve(Infinity), 10000);
  });
}"""
_CLICK = "(selector) => { const at = Date.now(); document.querySelector(selector).click(); return at; }"
# How loud a pitch is in what the page plays, against everything else: true when it stands out.
_HEARS = """
async (pitches) => {
  const sound = document.querySelector("html > audio[data-space]");
  if (!sound?.srcObject) return [];
  window.ears ??= {};
  if (window.ears.stream !== sound.srcObject) {
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
    context.createMediaStreamSource(sound.srcObject).connect(analyser);
    window.ears = { stream: sound.srcObject, analyser, rate: context.sampleRate };
  }
  await new Promise((resolve) => setTimeout(resolve, 250));
  const bins = new Float32Array(window.ears.analyser.frequencyBinCount);
  window.ears.analyser.getFloatFrequencyData(bins);
  return pitches.filter((pitch) => bins[Math.round((pitch * 8192) / window.ears.rate)] > -55);
}
"""
# How a page is in its Space, which is shown with a test that fails; one that it leads ends, for nobody is in any more.
_LEAVE = """() => import("lib/space").then(async ({ currentSpace }) => {
  const { state, isMuted, hasVoice, isFar, me, media } = currentSpace() ?? {};
  const said = JSON.stringify({ state, isMuted, hasVoice, isFar, me, media });
  await (me?.role === "host" && currentSpace().command("end"));
  return said;
}).catch(String)"""
PITCHES = {"alice": 500, "bob": 930, "carol": 1410, "dave": 2170}


@dataclass
class Guest:
    """A person's page in a Space."""

    name: str
    user: int
    page: Page

    def hears(self) -> set[str]:
        """Whose tones are in what this page plays."""
        heard = self.page.evaluate(_HEARS, list(PITCHES.values()))
        return {name for name, pitch in PITCHES.items() if pitch in heard}

    def leave(self) -> str:
        """Close this page; how it was in its Space."""
        said = f"{self.name}: {self.page.evaluate(_LEAVE)}"
        self.page.context.close()
        return said

    @property
    def stream(self) -> str:
        """Another one with each connection that brings the sound."""
        return str(self.page.evaluate("() => document.querySelector('html > audio[data-space]')?.srcObject?.id ?? ''"))

    def sees(self, other: "Guest") -> int:
        """How many frames of somebody's picture were shown."""
        script = "(tile) => document.querySelector(`${tile} video`)?.getVideoPlaybackQuality().totalVideoFrames ?? 0"
        return int(self.page.evaluate(script, self.tile(other)))

    def width(self, other: "Guest") -> int:
        """How wide somebody's picture comes to this page, in pixels of its own."""
        script = "(tile) => document.querySelector(`${tile} video:not([hidden])`)?.videoWidth ?? 0"
        return int(self.page.evaluate(script, self.tile(other)))

    def pin(self, other: "Guest") -> None:
        """Show somebody large from now on."""
        pin = self.page.locator(f"{self.tile(other)} [data-pin]")
        if pin.get_attribute("aria-pressed") != "true":
            pin.click(force=True)

    def come_in(self) -> None:
        """Into the Space whose page this is, by its button."""
        self.press("Listen")

    def hold(self, command: str) -> Callable[[], None]:
        """Have the server be slow: keep a command from it, of a page that is opened after this, until what this returns
        is called."""
        held: list[Callable[[], None]] = []

        def pass_on(socket: WebSocketRoute) -> None:
            server = socket.connect_to_server()

            def take(message: str | bytes) -> None:
                if json.loads(message)["command"] == command:
                    held.append(lambda: server.send(message))
                else:
                    server.send(message)

            socket.on_message(take)

        def let_go() -> None:
            while held:
                held.pop(0)()

        self.page.route_web_socket("**/ws/*", pass_on)
        return let_go

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def seconds_until(self, is_so: str, by: "Guest", selector: str) -> float:
        """From a click in somebody's page until an expression is true in this one."""
        self.page.evaluate(_WATCH, is_so)
        clicked_at = by.page.evaluate(_CLICK, selector)
        return (float(self.page.evaluate("() => window.soAt")) - float(clicked_at)) / 1000

    def seen_of(self, other: "Guest") -> str:
        """An expression: somebody's picture in this page, if there is one."""
        return f'document.querySelector("{self.tile(other)} video:not([hidden])")'

    def tile(self, other: "Guest") -> str:
        return f"li.tile[data-person='{other.user}']"

    def do_to(self, other: "Guest", act: str) -> None:
        """What hosts do, in the dialog of somebody's tile."""
        self.page.locator(f"{self.tile(other)} [data-more]").click()
        self.page.locator("dialog[open]").get_by_role("button", name=act, exact=True).click()

    def speak(self) -> None:
        """Unmute for the first time, by way of the preview."""
        self.press("Unmute")
        self.press("Use these")


@dataclass
class Gathering:
    """A channel of Alice's and everybody's pages."""

    channel: str
    guests: dict[str, Guest]
    complaints: list[str]
    stranger: Callable[[], Page]
    stack: RunningStack

    def open(self, title: str, *, on_stage: Sequence[str], guests: Sequence[Guest]) -> str:
        """Open a Space of Alice's in which these have a place, and go to its page with guests; its number."""
        script = _OPEN.format(channel=self.channel, title=title, on_stage=list(on_stage))
        space = self.stack.manage("shell", "--verbosity", "0", "--command", script).splitlines()[-1]
        for guest in guests:
            guest.page.goto(f"/spaces/{space}")
        return space


@pytest.fixture(scope="session")
def fake_browser(browser: Browser) -> Iterator[Browser]:
    one = browser.browser_type.launch(executable_path=CHROMIUM, args=[*CHROMIUM_FLAGS, *FAKES])
    yield one
    one.close()


@pytest.fixture
def gathering(fake_browser: Browser, stack: RunningStack) -> Iterator[Gathering]:
    name = f"space-{secrets.token_hex(3)}"
    said = json.loads(
        stack.manage("shell", "--verbosity", "0", "--command", _PREPARE.format(name=name)).splitlines()[-1]
    )
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "Security Policy" in message.text:
            complaints.append(message.text)

    def arrive(person: str) -> Guest:
        context = fake_browser.new_context(base_url=stack.url, viewport={"width": 1280, "height": 900})
        context.set_default_timeout(12_000)
        context.add_cookies([{"name": "sessionid", "value": said["sessions"][person], "url": stack.url}])
        context.add_init_script(TONE % PITCHES[person])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", note)
        return Guest(person, said["people"][person], page)

    guests = {person: arrive(person) for person in PITCHES}

    def come_as_stranger() -> Page:
        return fake_browser.new_context(base_url=stack.url).new_page()

    yield Gathering(name, guests, complaints, come_as_stranger, stack)
    for guest in guests.values():
        print(guest.leave())
    assert complaints == []
