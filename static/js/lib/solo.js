import { socket } from "lib/socket";
import { keepSolo } from "lib/solo-kept";
import { SoloSound } from "lib/solo-sound";
import { faultOf, openCamera, openMicrophone, openScreenAndSound } from "lib/space-devices";
import { SpacePeers } from "lib/space-peers";

const CAMERA = { width: { ideal: 960 }, height: { ideal: 540 }, frameRate: { ideal: 25, max: 30 } };
const SCREEN = { width: { max: 1280 }, height: { max: 720 }, frameRate: { ideal: 25, max: 30 } };
/** Until it is on the air it is asked more often. */
const HERE_SOON_MS = 700;
const AGAIN_MS = 1000;
/** Refusals after which there is nothing to go on with. */
const OVER = ["solo_over", "not_your_channel", "no_sfu", "another_encoder", "live_elsewhere"];

let current = null;
export const solos = new EventTarget();

/** What this page has live, whatever page it shows; null for nothing. */
export function currentSolo() {
  return current;
}

/**
 * Go live on a channel by "camera" or "screen"; without the one of microphone and camera that can't be had. Rejects when
 * neither can, when no screen is chosen, and with what the server says against it.
 */
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
  if (source === "screen") {
    solo.pictureFault = "reloaded";
  }
  await solo.open(source === "camera" ? source : null).catch(() => {});
  if (solo.state !== "over") {
    solo.enter("resume").catch(() => {});
  }
}

/**
 * A channel's broadcast out of this page. `state` is "joining", "live" while viewers get what is sent, "again" after that
 * broke off, or "over". `voiceFault` and `pictureFault` say why there is no microphone or picture: "refused", "missing",
 * "busy", "gone" when it was there before, "reloaded" with the page; "" when nothing is wrong. Says "change" when any of
 * it is another one, "over" with the refusal that ended it, or null.
 */
class Solo extends EventTarget {
  state = "joining";
  source = null;
  isMuted = false;
  voiceFault = "";
  pictureFault = "";
  #voice = null;
  #picture = null;
  #screenSound = null;
  #sent = null;
  #sound = new SoloSound();
  #wasLive = false;
  #isOnAir = false;
  #everyMs = 0;
  #seat = null;
  #stayTimer = 0;
  #peers = new SpacePeers({
    ask: (what, facts) => this.#ask(what, facts),
    start: (peer) => this.#start(peer),
    onConnected: () => this.#onConnected(),
    onLost: () => this.#onLost(),
  });
  #leaveSeat = null;

  constructor(channel) {
    super();
    this.channel = channel;
    navigator.mediaDevices?.addEventListener("devicechange", this.#onDevices);
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

  /** Both, as far as they can be had. Rejects when neither can; a screen has to be chosen. */
  async open(source) {
    const failed = [];
    // A screen is asked for while the click that asked for it counts.
    if (source) {
      await this.usePicture(source).catch((error) => failed.push(error));
    }
    if (source === "screen" && failed.length) {
      throw failed[0];
    }
    await this.useMicrophone().catch((error) => failed.push(error));
    if (failed.length && !this.#voice && !this.#picture) {
      throw failed[0];
    }
  }

  /** Speak by the microphone that is chosen now. Rejects when it can't be had; one that was there goes on. */
  async useMicrophone() {
    let track = null;
    try {
      track = await openMicrophone();
    } catch (error) {
      if (!this.#voice) {
        this.voiceFault = faultOf(error);
        this.#changed();
      }
      throw error;
    }
    if (this.state === "over") {
      track.stop();
      return;
    }
    this.#voice?.stop();
    this.#voice = track;
    this.voiceFault = "";
    track.enabled = !this.isMuted;
    track.addEventListener("ended", () => track === this.#voice && this.#loseVoice());
    await this.#send();
    this.#changed();
  }

  /** It was unplugged, or taken back: whatever else there is takes its place. */
  async #loseVoice() {
    this.#voice = null;
    await this.useMicrophone().catch(() => {});
    if (!this.#voice && this.state !== "over") {
      this.voiceFault = this.voiceFault === "refused" ? "refused" : "gone";
      await this.#send();
      this.#changed();
    }
  }

  /** A microphone that is plugged in while there is none is used; a camera has to be asked for. */
  #onDevices = () => {
    if (!this.#voice && ["gone", "missing"].includes(this.voiceFault)) {
      this.useMicrophone().catch(() => {});
    }
  };

  /** Have what is heard now sent, and the server know when nothing is. */
  async #send() {
    this.#sent = this.#sound.mix(this.#voice, this.#screenSound);
    await this.#peers.replace("speak", this.#sent);
    if (this.#seat) {
      await this.#ask("mute", { muted: this.#isSilent }).catch(() => {});
    }
  }

  /** Whether anything but silence is sent. */
  get isHeard() {
    return !this.#isSilent;
  }

  get #isSilent() {
    return !this.#screenSound && (this.isMuted || !this.#voice);
  }

  /** Show the camera or a screen, in place of what was shown. Rejects when it can't be had; what was shown goes on. */
  async usePicture(source) {
    let track = null;
    let sound = null;
    try {
      [track, sound] = source === "screen" ? await openScreenAndSound(SCREEN) : [await openCamera(CAMERA), null];
    } catch (error) {
      if (!this.#picture && source === "camera") {
        this.pictureFault = faultOf(error);
        this.#changed();
      }
      throw error;
    }
    if (this.state === "over") {
      [track, sound].forEach((one) => one?.stop());
      return;
    }
    const before = this.#picture;
    this.#picture = track;
    this.source = source;
    this.pictureFault = "";
    before?.stop();
    // The browser itself has a button that ends it.
    track.addEventListener("ended", () => track === this.#picture && this.hidePicture("gone"));
    await this.#useScreenSound(sound);
    if (before && this.#peers.has("show")) {
      await this.#peers.replace("show", track);
    } else if (this.#seat) {
      this.#peers.make("show");
      this.state = this.state === "live" ? "joining" : this.state;
    }
    this.#changed();
  }

  async #useScreenSound(sound) {
    if (sound === this.#screenSound) {
      return;
    }
    this.#screenSound?.stop();
    this.#screenSound = sound;
    sound?.addEventListener("ended", () => sound === this.#screenSound && this.#useScreenSound(null));
    await this.#send();
  }

  /** Nothing is shown: viewers see the title. */
  async hidePicture(fault = "") {
    this.#picture?.stop();
    this.#picture = null;
    this.pictureFault = fault && `${this.source}-${fault}`;
    this.source = null;
    this.#peers.close("show");
    this.#changed();
    await this.#useScreenSound(null);
    await this.#ask("hide").catch(() => {});
    this.#onConnected();
  }

  setMuted(isMuted) {
    this.isMuted = isMuted;
    if (this.#voice) {
      this.#voice.enabled = !isMuted;
    }
    this.#changed();
    return this.#ask("mute", { muted: this.#isSilent }).catch(() => {});
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
      this.#peers.iceServers = answer.ice_servers;
      this.#leaveSeat?.();
      this.#leaveSeat = socket.subscribe(`space.seat.${this.#seat}`, (event) => this.#onSeat(event));
      this.#everyMs = answer.here_every_s * 1000;
      this.#stay();
      this.#connect();
      this.#changed();
    } catch (error) {
      if (how === "begin") {
        throw error;
      }
      this.#onRefusal(error, () => this.enter("resume"));
    }
  }

  #stay() {
    this.#later(this.#isOnAir ? this.#everyMs : HERE_SOON_MS, async () => {
      try {
        const { is_on_air: isOnAir } = await this.#ask("here");
        if (this.state !== "over") {
          this.#isOnAir = isOnAir;
          if (!isOnAir) {
            this.#wait();
          }
          this.#stay();
          this.#onConnected();
        }
      } catch (error) {
        if (error.code === "seat_gone") {
          this.enter("resume");
        } else {
          this.#onRefusal(error, () => this.#stay());
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
      this.#isOnAir = false;
      this.#wait();
      this.#later(AGAIN_MS * (0.75 + Math.random() / 2), again);
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
    navigator.mediaDevices?.removeEventListener("devicechange", this.#onDevices);
    clearTimeout(this.#stayTimer);
    this.#peers.closeAll();
    this.#leaveSeat?.();
    [this.#voice, this.#picture, this.#screenSound].forEach((track) => track?.stop());
    this.#sound.close();
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
    if (event.type === "renegotiate") {
      this.#connect();
    } else if (event.type === "replaced") {
      // Another page of the same person goes on.
      this.#end(null);
    } else if (event.type === "failed" || event.type === "jsep") {
      this.#peers.take(event);
    }
  }

  #connect() {
    this.#wait();
    this.#peers.make("speak");
    if (this.#picture) {
      this.#peers.make("show");
    }
  }

  #start(peer) {
    if (peer.kind === "speak") {
      return peer.offer(this.#sent, "sendrecv", () => ({ muted: this.#isSilent }));
    }
    return peer.offer(this.#picture, "sendonly");
  }

  /** It is live while everything that is sent flows, and reaches ingest: that the server answers is not enough. */
  #onConnected() {
    const isOn = this.#isOnAir && this.#peers.areConnected;
    if (this.state !== "live" && this.state !== "over" && isOn) {
      this.state = "live";
      this.#wasLive = true;
      this.#changed();
    }
  }

  /** Whether to try again. */
  #onLost() {
    this.#wait();
    return this.state !== "over";
  }

  /** It isn't live until that is known. */
  #wait() {
    const state = this.#wasLive ? "again" : "joining";
    if (this.state !== "over" && this.state !== state) {
      this.state = state;
      this.#changed();
    }
  }

  #later(ms, act) {
    clearTimeout(this.#stayTimer);
    this.#stayTimer = setTimeout(act, ms);
  }
}
