import { Audience } from "lib/audience";
import { broadcastState } from "lib/broadcast-state";
import { consent, hasConsented } from "lib/consent";
import { Playback } from "lib/playback";
import { Rewind } from "lib/rewind";
import { attempt, playWithSoundIfAllowed, rememberSound } from "lib/sound";
import { StatsProbe } from "lib/stats";

/** Somebody who paused for longer than this comes back to live, not to where they left. */
const RETURN_TO_LIVE_MS = 400;
/** Shorter than this, what lies before the live playlist is its first seconds. */
const WORTH_REWINDING_MS = 5000;
/** The controls' script waits for the first picture, but not for ever. */
const CONTROLS_AFTER_MS = 1500;

/**
 * <live-player home="/@alice" state-url="/api/channels/alice/state" own-state-url="..."> around a media-controller with
 * its <video>, the messages (`data-when` names the views each is for) and the state it was rendered with (a JSON script).
 * It may be moved while it plays (lib/mini-player); `home` is the page it belongs to.
 *
 * `view` is what it shows now: offline, gated, elsewhere, mature, connecting, playing, paused, blocked, interrupted,
 * reconnecting or ended. A message for "gated:followers" is shown in the view "gated" of a broadcast with that gate.
 * Fires "viewchange" and "levels". `playback` is what plays now: live, or the recording while somebody rewinds.
 */
class LivePlayer extends HTMLElement {
  #state;
  #probe;
  #audience;
  #unsubscribe;
  #listening;
  #hadBroadcast = false;
  #isBlocked = false;
  #isSoundChosen = false;
  #pausedAt = 0;
  #controlsTimer = 0;
  #view = null;
  #gate = null;
  #live;
  #ads = null;
  #skewMs = 0;

  connectedCallback() {
    if (this.#listening) {
      return;
    }
    this.video = this.querySelector("video");
    this.#live = new Playback(this.video);
    this.#ads = adsIn(this);
    this.rewind = new Rewind(this.video, this.getAttribute("recording-url") ?? "");
    this.#probe = new StatsProbe(this, this.video);
    this.#state = broadcastState(this.getAttribute("state-url"), this.#rendered());
    this.#state.askAlso(this.getAttribute("own-state-url"));
    this.#audience = new Audience(this);
    this.#listen();
    this.#unsubscribe = this.#state.subscribe(() => this.#onState());
    this.#controlsTimer = setTimeout(loadControls, CONTROLS_AFTER_MS);
    this.#onState();
  }

  async disconnectedCallback() {
    await null;
    if (this.isConnected) {
      return;
    }
    clearTimeout(this.#controlsTimer);
    this.#unsubscribe();
    this.#listening.abort();
    this.#listening = null;
    this.#probe.disconnect();
    this.#audience.disconnect();
    this.rewind.stop();
    this.#live.close();
  }

  get playback() {
    return this.rewind.isOn ? this.rewind.playback : this.#live;
  }

  /** Of a file beside the live playlist, also for somebody who has rewound; null while there is none. */
  liveAddress(file) {
    return this.#live.address(file);
  }

  get view() {
    return this.#view;
  }

  /** Whether somebody would miss it. */
  get isGoingOn() {
    return ["playing", "interrupted", "reconnecting"].includes(this.#view);
  }

  get stats() {
    return this.#probe.read();
  }

  togglePlaying() {
    if (this.#ads?.covers) {
      this.#ads.togglePlaying();
    } else if (this.video.paused) {
      this.playback.wanted = true;
      attempt(this.video).then(() => this.#show());
    } else {
      this.video.pause();
    }
  }

  toggleMuted() {
    const video = this.#heard;
    this.#isSoundChosen = true;
    video.muted = !video.muted;
    if (!video.muted && video.volume === 0) {
      video.volume = 0.5;
    }
    rememberSound(video);
  }

  turnVolume(by) {
    const video = this.#heard;
    this.#isSoundChosen = true;
    video.volume = Math.min(1, Math.max(0, video.volume + by));
    video.muted = video.volume === 0;
    rememberSound(video);
  }

  /** What is to be heard now: the stream, or the ad over it. */
  get #heard() {
    return this.#ads?.covers ? this.#ads.video : this.video;
  }

  seekBy(seconds) {
    const { times } = this;
    if (times && this.#reachesBeyond(seconds, times)) {
      this.rewindBy((times.now - times.playing) / 1000 - seconds);
    } else {
      this.playback.edge.seekBy(seconds);
    }
  }

  /** Whether a seek leads to before what the live playlist has, and there is something before it. */
  #reachesBeyond(seconds, { playing }) {
    const { seekable, currentTime } = this.video;
    if (this.rewind.isOn || !this.rewind.isOffered || seekable.length === 0) {
      return false;
    }
    const intoWindow = currentTime - seekable.start(0);
    return intoWindow + seconds < 1 && playing - intoWindow * 1000 - this.rewind.startedAt > WORTH_REWINDING_MS;
  }

  /** Times of day on the server's clock: now, and of what is to be seen. Null while nothing plays. */
  get times() {
    const playing = this.playback.hls?.playingDate?.getTime();
    if (!playing) {
      return null;
    }
    if (!this.rewind.isOn && this.#live.edge.latency !== null) {
      this.#skewMs = playing + this.#live.edge.latency * 1000 - Date.now();
    }
    return { now: Date.now() + this.#skewMs, playing };
  }

  askForRewind() {
    return this.rewind.ask(this.#state.current?.broadcast);
  }

  /** Show what was live so many seconds ago. */
  async rewindBy(seconds) {
    const { times } = this;
    if (!times) {
      return;
    }
    const wasOn = this.rewind.isOn;
    if (!wasOn) {
      this.#keepPicture();
      this.#live.close();
    }
    const done = await this.rewind.to(times.now - seconds * 1000, times);
    if (!done && !wasOn) {
      this.#onState();
    }
    this.#show();
  }

  /** Back to live, from wherever. */
  goLive() {
    if (!this.rewind.isOn) {
      this.#live.edge.goLive();
      return;
    }
    this.#keepPicture();
    this.rewind.stop();
    this.#onState();
  }

  #rendered() {
    return JSON.parse(this.querySelector("script[type='application/json']")?.textContent ?? "null");
  }

  #listen() {
    const { playback, video } = this;
    const { signal } = (this.#listening = new AbortController());
    const on = (target, type, handler, options) => target.addEventListener(type, handler, { signal, ...options });
    for (const source of [playback, this.rewind]) {
      on(source, "ready", () => this.#play());
      on(source, "progress", () => this.#onProgress());
      on(source, "opening", () => this.#keepPicture());
      on(source, "levels", () => this.dispatchEvent(new Event("levels")));
    }
    on(playback, "starved", () => this.#onStarved());
    on(playback, "drained", () => this.#show());
    on(playback, "expired", () => this.#renewToken());
    on(video, "ended", () => this.#onState());
    if (this.#ads) {
      on(this.#ads, "release", () => this.#onState());
      on(this.#live, "ranges", ({ detail }) => this.#ads.read(detail, this.#live.hls.playingDate));
      on(this.#ads, "cover", () => (this.video.muted = true));
      on(this.#ads, "end", () => this.#afterAd());
    }
    on(this.#state, "unreachable", () => this.#show());
    on(video, "play", () => this.#onPlay());
    on(video, "pause", () => this.#onPause());
    on(video, "volumechange", () => this.#onVolume());
    on(document, "visibilitychange", () => this.#onVisible());
    for (const request of ["mediamuterequest", "mediaunmuterequest", "mediavolumerequest"]) {
      on(this, request, () => (this.#isSoundChosen = true), { capture: true });
    }
    // media-chrome would go to the end of what is seekable, closer than the hold-back allows.
    on(this, "mediaseektoliverequest", (event) => this.#goLive(event), { capture: true });
    on(this, "click", (event) => event.target.closest("[data-unmute]") && this.#unmute());
    on(this, "click", (event) => event.target.closest("[data-consent]") && this.#consent());
    on(this, "click", (event) => event.target.closest("[data-watch-here]") && this.#watchHere());
    on(this, "click", (event) => event.target.closest("[data-play]") && this.togglePlaying());
    this.#describeLiveEdge();
  }

  #onState() {
    const broadcast = this.#state.current;
    if (this.#isKeptOut(broadcast)) {
      this.rewind.stop();
      this.#live.close();
    } else if (this.rewind.isOn && !(this.video.ended && !broadcast)) {
      // Whoever rewound sees it through.
    } else if (broadcast) {
      this.#hadBroadcast = true;
      this.lastBroadcast = broadcast.broadcast;
      this.playback.expectMedia(broadcast.state === "live");
      this.#ads?.hear(broadcast.broadcast);
      if (broadcast.playlist_url) {
        this.#ads?.begin();
        if (!this.#ads?.holds) {
          this.playback.open(broadcast.playlist_url);
        }
      }
    } else {
      this.rewind.stop();
      this.playback.end();
    }
    this.#show();
  }

  /** By a gate, by other devices that play, or by a warning that nobody has answered yet. */
  #isKeptOut(broadcast) {
    const { is_admitted, place, is_mature } = broadcast ?? { is_admitted: true };
    return !is_admitted || place === "none" || Boolean(is_mature && !hasConsented());
  }

  async #watchHere() {
    await this.#state.watchHere().catch(() => {});
    this.#onState();
  }

  #consent() {
    consent();
    this.#onState();
  }

  async #renewToken() {
    await this.#state.renew();
    this.#onState();
  }

  async #play() {
    if (this.#ads?.covers) {
      this.video.muted = true;
    }
    if (this.#ads?.covers || this.#probe.hasFrame) {
      await attempt(this.video);
      return;
    }
    const outcome = await playWithSoundIfAllowed(this.video);
    this.#isBlocked = outcome === "blocked";
    this.toggleAttribute("silenced", outcome === "silenced");
    this.#show();
  }

  /** The stream is in sight again, as loud as it was, or as the viewer had the ad. */
  async #afterAd() {
    const outcome = await playWithSoundIfAllowed(this.video);
    this.#isBlocked = outcome === "blocked";
    this.toggleAttribute("silenced", outcome === "silenced");
    this.#show();
  }

  #onProgress() {
    const still = this.querySelector("canvas");
    if (!still.hidden && this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
      still.hidden = true;
    }
    this.#isBlocked = false;
    loadControls();
    this.#show();
  }

  #onStarved() {
    this.#state.refresh();
    this.#show();
  }

  #onPlay() {
    this.playback.wanted = true;
    if (this.#pausedAt && performance.now() - this.#pausedAt > RETURN_TO_LIVE_MS) {
      this.playback.edge.goLive();
    }
    this.#pausedAt = 0;
    this.#show();
  }

  #onPause() {
    // Taking the media away pauses too, and so do some browsers in the background: nobody asked for those.
    const asked = this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && !this.video.ended && !document.hidden;
    if (asked) {
      this.playback.wanted = false;
      this.#pausedAt = performance.now();
    }
    this.#show();
  }

  #onVolume() {
    if (!this.video.muted) {
      this.removeAttribute("silenced");
    }
    // What the browser's rules made of the sound is nobody's wish.
    if (this.#isSoundChosen && !this.#ads?.covers) {
      rememberSound(this.video);
    }
  }

  #onVisible() {
    if (document.hidden || !this.playback.wanted) {
      return;
    }
    if (this.video.paused && this.playback.isOpen) {
      attempt(this.video);
    }
    if (this.playback.edge.following && this.playback.edge.latency > 5) {
      this.playback.edge.goLive();
    }
  }

  #unmute() {
    this.#isSoundChosen = true;
    this.video.muted = false;
    this.video.volume ||= 1;
    if (this.video.paused) {
      this.togglePlaying();
    }
  }

  #goLive(event) {
    event.stopImmediatePropagation();
    this.goLive();
  }

  #describeLiveEdge() {
    Object.defineProperties(this.video, {
      liveEdgeStart: {
        configurable: true,
        get: () => (this.playback.edge.following ? 0 : (this.playback.edge.position ?? 0) - 1),
      },
      targetLiveWindow: { configurable: true, get: () => 0 },
    });
  }

  /** The last picture stays in sight while the <video> gets a new source. */
  #keepPicture() {
    const { video } = this;
    const still = this.querySelector("canvas");
    if (!video.videoWidth || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      return;
    }
    still.width = video.videoWidth;
    still.height = video.videoHeight;
    still.getContext("2d").drawImage(video, 0, 0);
    still.hidden = false;
  }

  #show() {
    const view = this.#currentView();
    const gate = `${view}:${this.#state.current?.gate}`;
    if (view === this.#view && gate === this.#gate) {
      return;
    }
    this.#view = view;
    this.#gate = gate;
    this.dataset.view = view;
    for (const message of this.querySelectorAll("[data-when]")) {
      message.hidden = !message.dataset.when.split(" ").some((when) => when === view || when === gate);
    }
    this.dispatchEvent(new Event("viewchange"));
  }

  #currentView() {
    const { playback, video } = this;
    const broadcast = this.#state.current;
    const interrupted = broadcast?.state === "interrupted";
    if (!Playback.isSupported) {
      return "unsupported";
    }
    if (this.#isKeptOut(broadcast)) {
      if (broadcast.place === "none") {
        return "elsewhere";
      }
      return broadcast.is_admitted ? "mature" : "gated";
    }
    if (!playback.isOpen) {
      if (broadcast) {
        return interrupted ? "interrupted" : "connecting";
      }
      return this.#hadBroadcast ? "ended" : "offline";
    }
    if (this.#isBlocked) {
      return "blocked";
    }
    if (playback.isEnding) {
      return "playing";
    }
    if (playback.isStarved || !this.#probe.hasFrame) {
      if (interrupted) {
        return "interrupted";
      }
      return this.#probe.hasFrame ? "reconnecting" : "connecting";
    }
    return video.paused && !playback.wanted ? "paused" : "playing";
  }
}

/** Where there may be ads, and their script has come. */
function adsIn(player) {
  const found = player.querySelector("ad-break");
  customElements.upgrade(found ?? player);
  return found?.begin ? found : null;
}

function loadControls() {
  if (!customElements.get("media-controller")) {
    import("media-chrome");
  }
}

customElements.define("live-player", LivePlayer);
