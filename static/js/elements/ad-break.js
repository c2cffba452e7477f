import { askForAd } from "lib/ad-calls";
import { AdSpot } from "lib/ad-spot";
import { askAfterMs, breaksAmong } from "lib/announced";
import { fillText } from "lib/fill-text";
import { socket } from "lib/socket";

/** From the first thought of an ad to its first frame: content is never held back for longer. */
const FIRST_FRAME_MS = 2400;
/** The stream runs under the ad for so long before it can be needed. */
const WARM_MS = 2000;
/** Who hears of a break later than so long after its beginning has missed it. */
const MISSED_AFTER_MS = 5000;
/** Nothing shorter is begun in what is left of a break. */
const WORTH_S = 6;

/**
 * <ad-break channel="7" offer-url="..." event-url="..." click-url="..."> inside a live-player, around a <video> of its
 * own and what is said beside an ad. It covers the player while an ad plays; the stream is never touched by it.
 *
 * The player asks `begin()` before it opens a stream for the first time, and doesn't while `holds`. While `covers` its
 * own sound is off. Fires "release" (the stream may run) and "end" (it is in sight again).
 */
class AdBreak extends HTMLElement {
  #phase = "idle";
  #spot = null;
  #leave = null;
  #topic = null;
  #heardOf = new Set();
  #timers = new Set();

  async disconnectedCallback() {
    await null;
    if (!this.isConnected) {
      this.#spot?.end("left");
      this.#follow(null);
      this.#timers.forEach(clearTimeout);
    }
  }

  get video() {
    return this.querySelector("video");
  }

  get holds() {
    return this.#phase === "asking" || this.#phase === "cold";
  }

  get covers() {
    return this.#phase === "cold" || this.#phase === "warm";
  }

  /** An ad before the stream, once a page. */
  begin() {
    if (this.#phase === "idle") {
      this.#phase = "asking";
      this.#beforeStream();
    }
  }

  /** Breaks of this broadcast (an id, or null) are heard from now on. */
  hear(broadcast) {
    this.#follow(broadcast);
  }

  /** The same breaks as the playlist announces them, in date ranges; `playing` is the wall clock of the picture. */
  read(ranges, playing) {
    for (const { number, dueInMs, seconds } of playing ? breaksAmong(ranges, playing) : []) {
      this.#onBreak(number, dueInMs, seconds);
    }
  }

  /** Play an ad for whoever made it: nothing is told, and there is nothing under it. */
  preview(ad) {
    return this.#play(ad, FIRST_FRAME_MS, { volume: 1, muted: false });
  }

  togglePlaying() {
    this.#spot?.togglePlaying();
  }

  async #beforeStream() {
    const begunAt = performance.now();
    let ad = null;
    try {
      ad = this.#isShown() ? await this.#ask("pre", 60) : null;
      if (ad && this.isConnected) {
        await this.#play(ad, FIRST_FRAME_MS - (performance.now() - begunAt));
      }
    } finally {
      // Whatever goes wrong with an ad: the stream is what somebody came for.
      this.#release("done");
      if (ad && this.isConnected) {
        this.dispatchEvent(new Event("end"));
      }
    }
  }

  /** Where nobody looks, or the ad can't be laid over the picture, there is none. */
  #isShown() {
    const content = this.#content;
    return !document.hidden && !document.pictureInPictureElement && !content?.webkitDisplayingFullscreen;
  }

  get #content() {
    return this.closest("live-player")?.video;
  }

  #ask(format, longestS) {
    const wish = { channel: Number(this.getAttribute("channel")), format, longest_s: longestS };
    return askForAd(this.getAttribute("offer-url"), wish);
  }

  /** Play one ad to its end, whichever. */
  async #play(ad, withinMs, like = null) {
    const spot = (this.#spot = new AdSpot(this.video, ad, this.getAttribute("event-url")));
    const listening = new AbortController();
    const { signal } = listening;
    const over = new Promise((resolve) => spot.addEventListener("over", resolve, { once: true }));
    spot.addEventListener("begun", () => this.#show(spot), { signal });
    spot.addEventListener("tick", () => this.#tick(spot), { signal });
    this.querySelector("[data-skip]").addEventListener("click", () => spot.skip(), { signal });
    this.querySelector("[data-mute]").addEventListener("click", () => this.#toggleMuted(), { signal });
    this.video.addEventListener("volumechange", () => this.#showSound(), { signal });
    this.#content?.addEventListener("enterpictureinpicture", () => spot.end("left"), { signal });
    document.addEventListener("visibilitychange", () => spot.followVisibility(), { signal });
    try {
      spot.start(withinMs, like);
      await over;
    } finally {
      spot.end("failed");
      listening.abort();
      this.#spot = null;
      this.hidden = true;
    }
    return spot;
  }

  #show(spot) {
    const { ad } = spot;
    if (this.#phase === "asking") {
      this.#phase = "cold";
    }
    const visit = this.querySelector("[data-visit]");
    visit.href = `${this.getAttribute("click-url")}?t=${encodeURIComponent(ad.token)}`;
    visit.textContent = fillText(visit.dataset.text, { domain: ad.domain });
    for (const element of this.querySelectorAll("[data-advertiser]")) {
      element.textContent = fillText(element.dataset.text, { advertiser: ad.advertiser });
    }
    this.querySelector("[data-skip]").hidden = true;
    this.querySelector("details").open = false;
    this.#showSound();
    this.hidden = false;
    this.#say("begun", { advertiser: ad.advertiser });
    this.dispatchEvent(new Event("cover"));
    this.#tick(spot);
  }

  #tick(spot) {
    const { shownMs, ad } = spot;
    const skip = this.querySelector("[data-skip]");
    const wait = this.querySelector("[data-wait]");
    const left = this.querySelector("[data-left]");
    const [waitS, leftS] = [Math.ceil((ad.skip_ms - shownMs) / 1000), Math.ceil(spot.leftS)];
    setText(left, fillText(left.dataset.text, { seconds: leftS }));
    setText(wait, spot.canSkip ? "" : fillText(wait.dataset.text, { seconds: waitS }));
    wait.hidden = spot.canSkip;
    if (spot.canSkip && skip.hidden) {
      skip.hidden = false;
      this.#say("skippable", {});
    }
    if (this.#phase === "cold" && (shownMs >= ad.skip_ms - WARM_MS || spot.leftS * 1000 <= WARM_MS)) {
      this.#release("warm");
    }
  }

  #toggleMuted() {
    const player = this.closest("live-player");
    if (player) {
      player.toggleMuted();
    } else {
      this.video.muted = !this.video.muted;
    }
  }

  #showSound() {
    const { muted } = this.video;
    this.querySelector("[data-mute]").setAttribute("aria-pressed", String(muted));
  }

  #say(what, facts) {
    const status = this.querySelector("[data-said]");
    status.textContent = fillText(status.dataset[what], facts);
  }

  #release(phase) {
    this.#phase = phase;
    this.dispatchEvent(new Event("release"));
  }

  #follow(broadcast) {
    const topic = broadcast ? `broadcast.${broadcast}` : null;
    if (topic === this.#topic) {
      return;
    }
    this.#leave?.();
    this.#topic = topic;
    this.#leave = topic && socket.subscribe(topic, (event) => event.type === "ad_break" && this.#onTopic(event));
  }

  #onTopic({ lead_ms: leadMs, seconds, number }) {
    this.#onBreak(number, leadMs + 1000 * (this.closest("live-player").playback.edge.latency ?? 0), seconds);
  }

  /**
   * A break is announced, by the topic or in the playlist: whichever comes first counts.
   */
  #onBreak(number, dueInMs, seconds) {
    if (this.#heardOf.has(number)) {
      return;
    }
    this.#heardOf.add(number);
    if (this.#phase !== "done" || dueInMs < -MISSED_AFTER_MS) {
      // Who sees an ad anyway, or came this moment, is spared.
      return;
    }
    const dueAt = performance.now() + dueInMs;
    this.#after(askAfterMs(dueInMs, Math.random()), async () => {
      const ad = this.#isShown() ? await this.#ask("mid", seconds) : null;
      this.#after(Math.max(0, dueAt - performance.now()), () => ad && this.#inBreak(ad, dueAt + seconds * 1000));
    });
  }

  async #inBreak(first, endsAt) {
    if (this.#phase !== "done" || !this.#isShown() || this.closest("live-player").view !== "playing") {
      return;
    }
    this.#phase = "warm";
    const { volume, muted } = this.#content;
    let like = { volume, muted };
    let ad = first;
    try {
      while (ad && this.isConnected) {
        const spot = await this.#play(ad, FIRST_FRAME_MS, like);
        const { volume: nowVolume, muted: nowMuted } = this.video;
        like = { volume: nowVolume, muted: nowMuted };
        ad = spot.outcome === "complete" ? await this.#askForNext(spot, endsAt) : null;
      }
    } finally {
      this.#phase = "done";
      this.dispatchEvent(new Event("end"));
    }
  }

  /** The next offer closes the former one: what was told of that must be heard before. */
  async #askForNext(spot, endsAt) {
    await spot.heard;
    const leftS = (endsAt - performance.now()) / 1000;
    return leftS > WORTH_S ? this.#ask("mid", leftS) : null;
  }

  #after(ms, act) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }
}

function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

customElements.define("ad-break", AdBreak);
