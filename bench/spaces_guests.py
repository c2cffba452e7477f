"""People in a Space, for `bench.spaces`: pages of one Chromium, whose microphones are heard when they are told to."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page

from bench.instance import Instance

FLAGS = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
)
PATIENCE_S = 20.0
_OPEN = """
import json
from django.test import Client
from django.utils import timezone
from accounts.actions import open_channel
from accounts.models import User
from spaces.actions import Plan, open_now
from spaces.models import Part
now = timezone.now()
people = [User.objects.create(username=f"guest{{number}}") for number in range({count} + 1)]
channel = open_channel(name="bench", owner=people[0])
space = open_now(channel=channel, host=people[0], plan=Plan("Bench"), now=now)
# The last one listens.
for user in people[1:-1]:
    Part.objects.create(space=space, user=user, role="speaker", on_stage_at=now)
cookies = []
for user in people:
    client = Client()
    client.force_login(user)
    cookies.append([user.pk, client.cookies["sessionid"].value])
print(json.dumps({{"space": str(space.pk), "people": cookies}}))
"""
# A microphone that hums while `bench.hum(true)`, a screen that is white while `bench.flash(true)`, and the moment at
# which each connection stands.
_PREPARE = """
window.bench = { connectedAt: 0 };
const Real = RTCPeerConnection;
window.RTCPeerConnection = class extends Real {
  constructor(...given) {
    super(...given);
    this.addEventListener("connectionstatechange", () => {
      if (this.connectionState === "connected" && !bench.connectedAt) bench.connectedAt = performance.now();
    });
  }
};
const devices = navigator.mediaDevices;
const real = devices?.getUserMedia.bind(devices);
if (devices) devices.getDisplayMedia = async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
  const pen = canvas.getContext("2d");
  let colour = "black";
  const paint = () => {
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 640, 360);
  };
  setInterval(paint, 50);
  bench.flash = (on) => { colour = on ? "white" : "black"; paint(); return Date.now(); };
  return canvas.captureStream(20);
};
if (real) devices.getUserMedia = async (wanted) => {
  if (wanted.video) return real({ video: { width: 640, height: 360, frameRate: 20 } });
  const context = new AudioContext();
  const hum = new OscillatorNode(context, { frequency: 1000 });
  const gain = new GainNode(context, { gain: 0 });
  const out = new MediaStreamAudioDestinationNode(context);
  hum.connect(gain).connect(out);
  hum.start();
  bench.hum = (on) => { gain.gain.value = on ? 0.4 : 0; return Date.now(); };
  return out.stream;
};
bench.listen = (stream) => {
  const context = new AudioContext();
  const ear = new AnalyserNode(context, { fftSize: 512, smoothingTimeConstant: 0 });
  context.createMediaStreamSource(stream).connect(ear);
  const bins = new Float32Array(ear.frequencyBinCount);
  const bin = Math.round((1000 * 512) / context.sampleRate);
  bench.heardAt = 0;
  bench.lastHeardAt = Date.now();
  setInterval(() => {
    ear.getFloatFrequencyData(bins);
    if (bins[bin] > -50) {
      bench.lastHeardAt = Date.now();
      bench.heardAt ||= bench.lastHeardAt;
    }
  }, 5);
};
bench.watch = (video) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const look = () => {
    pen.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 8, 8, 0, 0, 1, 1);
    const [light] = pen.getImageData(0, 0, 1, 1).data;
    bench.isDark = light < 64;
    if (light > 192) bench.brightAt ||= Date.now();
    video.requestVideoFrameCallback(look);
  };
  bench.brightAt = 0;
  look();
};
"""
_JOIN = """async () => {
  bench.connectedAt = 0;
  const began = performance.now();
  document.querySelector("[data-join]").click();
  while (!bench.connectedAt) await new Promise((next) => setTimeout(next, 2));
  return bench.connectedAt - began;
}"""
_LEAVE = "async () => (await import('lib/space')).currentSpace().leave()"
_UNMUTE = "async () => (await import('lib/space')).currentSpace().setMuted(false)"
_VIDEO = """async (on) => {
  const { currentSpace } = await import("lib/space");
  const at = Date.now();
  await currentSpace().setVideo(on);
  return at;
}"""
_SCREEN = _VIDEO.replace("setVideo(on)", "setVideo(on, true)")
_SEEN = """async (tile) => {
  for (;;) {
    const video = document.querySelector(`${tile} video`);
    if (video && !video.hidden && video.srcObject) {
      return new Promise((seen) => video.requestVideoFrameCallback(() => seen(Date.now())));
    }
    await new Promise((next) => setTimeout(next, 2));
  }
}"""
_ACTIVE = "async () => (await import('lib/space')).currentSpace().media.active"
# Long enough that nothing of the last sound is still on its way.
_HUSHED = "() => Date.now() - bench.lastHeardAt > 1000"
_HEARD = "() => bench.heardAt"


@dataclass(frozen=True)
class Guest:
    """Somebody's page."""

    user: int
    page: Page

    def join(self) -> float:
        """Come in; milliseconds from the click to the connection."""
        return float(self.page.evaluate(_JOIN))

    def leave(self) -> None:
        self.page.evaluate(_LEAVE)

    def unmute(self) -> None:
        self.page.evaluate(_UNMUTE)

    def show(self, on: bool) -> float:
        """Video on or off; when that was asked for."""
        return float(self.page.evaluate(_VIDEO, on))

    def share(self, on: bool) -> None:
        """A screen in place of the camera."""
        self.page.evaluate(_SCREEN, on)

    def flash(self, on: bool) -> float:
        return float(self.page.evaluate("(on) => bench.flash(on)", on))

    def open_eyes(self, video: str) -> None:
        """Look at what this page shows: an expression that answers a video element."""
        self.page.evaluate(f"() => bench.watch({video})")

    def await_dark(self) -> None:
        self.await_true(lambda: self.page.evaluate("() => bench.isDark"))
        self.page.evaluate("() => { bench.brightAt = 0; }")

    def await_bright(self) -> float:
        self.await_true(lambda: self.page.evaluate("() => bench.brightAt"))
        return float(self.page.evaluate("() => bench.brightAt"))

    def hum(self, on: bool) -> float:
        return float(self.page.evaluate("(on) => bench.hum(on)", on))

    def await_picture(self, other: Guest) -> float:
        """When somebody's picture is there."""
        return float(self.page.evaluate(_SEEN, f"li.tile[data-person='{other.user}']"))

    def open_ears(self, source: str) -> None:
        """Listen to what this page plays: an expression that answers a stream."""
        self.page.evaluate(f"() => bench.listen({source})")

    def await_active(self, other: Guest) -> float:
        """When somebody is the one who speaks."""
        self.await_true(lambda: self.page.evaluate(_ACTIVE) == other.user)
        return time.time() * 1000

    def await_sound(self) -> float:
        self.await_true(lambda: bool(self.page.evaluate(_HEARD)))
        return float(self.page.evaluate(_HEARD))

    def await_hush(self) -> None:
        self.await_true(lambda: bool(self.page.evaluate(_HUSHED)))
        self.page.evaluate("() => { bench.heardAt = 0; }")

    def await_true(self, is_so: Any) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_so():
            if time.monotonic() > deadline:
                raise TimeoutError(f"guest {self.user} waited in vain")
            self.page.wait_for_timeout(10)


@contextmanager
def gathering(instance: Instance, browser: Browser, count: int) -> Iterator[tuple[list[Guest], Guest]]:
    """So many people with a place on the stage of one Space, not in it yet, and one who listens."""
    said = instance.stack.manage("shell", "-v", "0", "-c", _OPEN.format(count=count)).splitlines()[-1]
    facts = json.loads(said)
    url = instance.stack.values["PUBLIC_URL"]
    guests = []
    for user, session in facts["people"]:
        context = browser.new_context(viewport={"width": 800, "height": 700})
        context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
        context.add_init_script(_PREPARE)
        page = context.new_page()
        page.goto(f"{url}/spaces/{facts['space']}")
        guests.append(Guest(user, page))
    try:
        yield guests[:-1], guests[-1]
    finally:
        for guest in guests:
            guest.page.context.close()
