import { consent, hasConsented } from "lib/consent";
import { RecordedPlayback } from "lib/recorded-playback";
import { attempt, playWithSoundIfAllowed, rememberSound } from "lib/sound";
import { StatsProbe } from "lib/stats";

/**
 * <replay-player home="/@alice/…" recording-url="/api/broadcasts/…/recording"> around a media-controller with its <video>,
 * and what the server says of the recording (a JSON script). It may be moved while it plays (lib/mini-player).
 *
 * `view` is what it shows now: mature, connecting, playing, paused or blocked. With the attribute `mature` it waits for
 * consent. Fires "viewchange" and "levels".
 */
class ReplayPlayer extends HTMLElement {
  #probe;
  #listening;
  #isBlocked = false;
  #isSoundChosen = false;

  connectedCallback() {
    if (this.#listening) {
      return;
    }
    this.video = this.querySelector("video");
    this.playback = new RecordedPlayback(this.video);
    this.#probe = new StatsProbe(this, this.video);
    this.#listen();
    if (!this.hasAttribute("mature") || hasConsented()) {
      this.#open();
    }
    import("media-chrome");
  }

  #open() {
    const recording = JSON.parse(this.querySelector("script[type='application/json']").textContent);
    this.#turnTo("connecting");
    this.playback.open(this.getAttribute("recording-url"), recording);
  }

  #consent() {
    consent();
    this.#open();
  }

  async disconnectedCallback() {
    await null;
    if (this.isConnected) {
      return;
    }
    this.#listening.abort();
    this.#listening = null;
    this.#probe.disconnect();
    this.playback.close();
  }

  get view() {
    return this.dataset.view;
  }

  /** Whether somebody would miss it. */
  get isGoingOn() {
    return this.view === "playing";
  }

  get stats() {
    return this.#probe.read();
  }

  togglePlaying() {
    if (this.video.paused) {
      attempt(this.video);
    } else {
      this.video.pause();
    }
  }

  toggleMuted() {
    this.#isSoundChosen = true;
    this.video.muted = !this.video.muted;
  }

  turnVolume(by) {
    this.#isSoundChosen = true;
    this.video.volume = Math.min(1, Math.max(0, this.video.volume + by));
    this.video.muted = this.video.volume === 0;
  }

  seekBy(seconds) {
    this.playback.edge.seekBy(seconds);
  }

  #listen() {
    const { playback, video } = this;
    const { signal } = (this.#listening = new AbortController());
    const on = (target, type, handler, options) => target.addEventListener(type, handler, { signal, ...options });
    playback.addEventListener("ready", () => this.#play(), { signal, once: true });
    on(playback, "levels", () => this.dispatchEvent(new Event("levels")));
    on(playback, "opening", () => this.#resumeAfterOpening());
    for (const type of ["playing", "pause", "ended"]) {
      on(video, type, () => this.#show());
    }
    on(video, "volumechange", () => this.#isSoundChosen && rememberSound(video));
    for (const request of ["mediamuterequest", "mediaunmuterequest", "mediavolumerequest"]) {
      on(this, request, () => (this.#isSoundChosen = true), { capture: true });
    }
    on(this, "click", (event) => event.target.closest("[data-unmute]") && this.#unmute());
    on(this, "click", (event) => event.target.closest("[data-play]") && this.togglePlaying());
    on(this, "click", (event) => event.target.closest("[data-consent]") && this.#consent());
  }

  async #play() {
    const outcome = await playWithSoundIfAllowed(this.video);
    this.#isBlocked = outcome === "blocked";
    this.toggleAttribute("silenced", outcome === "silenced");
    this.#show();
  }

  #resumeAfterOpening() {
    if (!this.video.paused) {
      this.playback.addEventListener("ready", () => attempt(this.video), { once: true });
    }
  }

  #unmute() {
    this.#isSoundChosen = true;
    this.video.muted = false;
    this.video.volume ||= 1;
    this.removeAttribute("silenced");
  }

  #show() {
    this.#isBlocked &&= this.video.paused;
    this.#turnTo(this.#isBlocked ? "blocked" : this.video.paused ? "paused" : "playing");
  }

  #turnTo(view) {
    this.dataset.view = view;
    for (const message of this.querySelectorAll("[data-when]")) {
      message.hidden = message.dataset.when !== view;
    }
    this.dispatchEvent(new Event("viewchange"));
  }
}

customElements.define("replay-player", ReplayPlayer);
