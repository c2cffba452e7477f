import { socket } from "lib/socket";
import { keepSolo } from "lib/solo-kept";
import { openCamera, openMicrophone, openScreen } from "lib/space-devices";
import { SpacePeer } from "lib/space-peers";

const CAMERA = { width: { ideal: 960 }, height: { ideal: 540 }, frameRate: { ideal: 25, max: 30 } };
const SCREEN = { width: { max: 1280 }, height: { max: 720 }, frameRate: { ideal: 25, max: 30 } };
const FIRST_AGAIN_MS = 1000;
const LAST_AGAIN_MS = 8000;
/** Refusals after which there is nothing to go on with. */
const OVER = ["solo_over", "not_your_channel", "no_sfu", "another_encoder", "live_elsewhere"];

let current = null;
export const solos = new EventTarget();

/** What this page has live, whatever page it shows; null for nothing. */
export function currentSolo() {
  return current;
}

/** Go live on a channel by "camera" or "screen". Rejects with what the devices, or the server, say against it. */
export async function goLive(channel, source) {
  const solo = new Solo(channel);
  try {
    await solo.open(source);
    await solo.enter("begin");
  } catch (error) {
    solo.close();
    throw error;
  }
  return solo;
}

/** Go on with what was live before the page was loaded anew. A screen is chosen by hand again. */
export async function goOn({ channel, source, isMuted }) {
  const solo = new Solo(channel);
  solo.isMuted = isMuted;
  solo.take();
  // Whatever of the two can't be had, the other goes on.
  await solo.useMicrophone().catch(() => {});
  if (source === "camera") {
    await solo.usePicture(source).catch(() => {});
  }
  if (solo.state !== "over") {
    solo.enter("resume").catch(() => {});
  }
}

/**
 * A channel's broadcast out of this page. `state` is "joining", "live", "again" after the connection was lost, or
 * "over". Says "change" when any of it is another one, "over" with the refusal that ended it, or null.
 */
class Solo extends EventTarget {
  state = "joining";
  source = null;
  isMuted = false;
  #voice = null;
  #picture = null;
  #seat = null;
  #iceServers = [];
  #peers = new Map();
  #pauses = new Map();
  #timers = new Map();
  #leaveSeat = null;

  constructor(channel) {
    super();
    this.channel = channel;
  }

  get voice() {
    return this.#voice;
  }

  get picture() {
    return this.#picture && new MediaStream([this.#picture]);
  }

  /** Be the one of this page. */
  take() {
    current?.close();
    current = this;
    solos.dispatchEvent(new Event("change"));
  }

  #changed() {
    if (current === this) {
      keepSolo({ channel: this.channel, source: this.source, isMuted: this.isMuted });
      this.dispatchEvent(new Event("change"));
    }
  }

  // Devices

  async open(source) {
    await this.useMicrophone();
    if (source) {
      await this.usePicture(source);
    }
  }

  /** Speak by the microphone that is chosen now. */
  async useMicrophone() {
    const track = await openMicrophone();
    if (this.state === "over") {
      track.stop();
      return;
    }
    this.#voice?.stop();
    this.#voice = track;
    track.enabled = !this.isMuted;
    await this.#peers.get("speak")?.replace(track);
    this.#changed();
  }

  /** Show the camera or a screen, in place of what was shown. */
  async usePicture(source) {
    const track = await (source === "screen" ? openScreen(SCREEN) : openCamera(CAMERA));
    if (this.state === "over") {
      track.stop();
      return;
    }
    const before = this.#picture;
    this.#picture = track;
    this.source = source;
    before?.stop();
    // The browser itself has a button that ends it.
    track.addEventListener("ended", () => track === this.#picture && this.hidePicture());
    if (before && this.#peers.has("show")) {
      await this.#peers.get("show").replace(track);
    } else if (this.#seat) {
      this.#make("show");
    }
    this.#changed();
  }

  /** Nothing is shown: viewers see the title. */
  async hidePicture() {
    this.#picture?.stop();
    this.#picture = this.source = null;
    this.#drop("show");
    this.#changed();
    await this.#ask("hide").catch(() => {});
  }

  setMuted(isMuted) {
    this.isMuted = isMuted;
    if (this.#voice) {
      this.#voice.enabled = !isMuted;
    }
    this.#changed();
    return this.#ask("mute", { muted: isMuted }).catch(() => {});
  }

  // Coming in and staying

  /** "begin", or "resume" what is live already. Rejects only when it begins. */
  async enter(how) {
    try {
      const answer = await socket.send(`solo.${how}`, { channel: this.channel });
      if (this.state === "over") {
        return;
      }
      if (current !== this) {
        this.take();
      }
      this.#seat = answer.seat;
      this.#iceServers = answer.ice_servers;
      this.#leaveSeat?.();
      this.#leaveSeat = socket.subscribe(`space.seat.${this.#seat}`, (event) => this.#onSeat(event));
      this.#stay(answer.here_every_s * 1000);
      this.#connect();
      this.#changed();
    } catch (error) {
      if (how === "begin") {
        throw error;
      }
      this.#onRefusal(error, () => this.enter("resume"));
    }
  }

  #stay(everyMs) {
    this.#later("here", everyMs, async () => {
      try {
        await this.#ask("here");
        if (this.state !== "over") {
          this.#stay(everyMs);
          this.#onConnected();
        }
      } catch (error) {
        if (error.code === "seat_gone") {
          this.enter("resume");
        } else {
          this.#onRefusal(error, () => this.#stay(everyMs));
        }
      }
    });
  }

  #onRefusal(error, again) {
    if (this.state === "over") {
      return;
    }
    if (OVER.includes(error.code)) {
      this.#end(error);
    } else {
      this.state = "again";
      this.#changed();
      this.#later("here", FIRST_AGAIN_MS * (0.75 + Math.random() / 2), again);
    }
  }

  /** End the broadcast. */
  async stop() {
    await socket.send("solo.stop", { channel: this.channel });
    this.#end(null);
  }

  #end(refusal) {
    const wasCurrent = current === this;
    this.close();
    if (wasCurrent) {
      keepSolo(null);
    }
    this.dispatchEvent(new CustomEvent("over", { detail: refusal }));
  }

  /** Let go of everything; the broadcast waits a little for whoever takes its place. */
  close() {
    this.state = "over";
    this.#timers.forEach((timer) => clearTimeout(timer));
    ["speak", "show"].forEach((kind) => this.#drop(kind));
    this.#leaveSeat?.();
    this.#voice?.stop();
    this.#picture?.stop();
    if (current === this) {
      current = null;
      solos.dispatchEvent(new Event("change"));
    }
  }

  // Media

  #ask(what, facts) {
    return socket.send(`solo.${what}`, { channel: this.channel, seat: this.#seat, ...facts });
  }

  #onSeat(event) {
    const peer = this.#peers.get(event.for);
    if (event.type === "renegotiate") {
      this.#connect();
    } else if (event.type === "replaced") {
      // Another page of the same person goes on.
      this.#end(null);
    } else if (event.type === "failed") {
      this.#lost(event.for);
    } else if (event.type === "jsep" && peer) {
      peer.take(event).then(() => this.#pauses.delete(event.for));
    }
  }

  #connect() {
    this.#make("speak");
    if (this.#picture) {
      this.#make("show");
    }
  }

  #make(kind) {
    this.#drop(kind);
    const peer = new SpacePeer(kind, this.#iceServers, {
      ask: (what, facts) => this.#ask(what, facts),
      onConnected: () => this.#onConnected(),
      onLost: () => this.#lost(kind),
    });
    this.#peers.set(kind, peer);
    const offered =
      kind === "speak"
        ? peer.offer(this.#voice, "sendrecv", () => ({ muted: this.isMuted }))
        : peer.offer(this.#picture, "sendonly");
    offered.catch(() => peer === this.#peers.get(kind) && this.#lost(kind));
  }

  /** It is live while everything that is sent flows: that the server answers is not enough. */
  #onConnected() {
    if (this.state !== "live" && this.state !== "over" && [...this.#peers.values()].every((peer) => peer.isConnected)) {
      this.state = "live";
      this.#changed();
    }
  }

  #drop(kind) {
    clearTimeout(this.#timers.get(kind));
    this.#peers.get(kind)?.close();
    this.#peers.delete(kind);
  }

  /** Try again, later each time. */
  #lost(kind) {
    if (this.state === "over" || !this.#peers.has(kind)) {
      return;
    }
    this.state = "again";
    this.#changed();
    const pause = Math.min(this.#pauses.get(kind) ?? FIRST_AGAIN_MS, LAST_AGAIN_MS);
    this.#pauses.set(kind, pause * 2);
    this.#later(kind, pause, () => this.#make(kind));
  }

  #later(name, ms, act) {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(act, ms));
  }
}
