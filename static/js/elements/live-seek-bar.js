import { clock } from "lib/figures";
import { playerOf } from "lib/player-of";

const EVERY_MS = 500;
/** Closer than this is live. */
const LIVE_WITHIN_S = 6;

/**
 * <live-seek-bar hidden> in a <live-player>, around a range input: from the broadcast's start to live. It appears once
 * it is known that the broadcast can be rewound. The player's `.player__behind` says how far behind live one is.
 */
class LiveSeekBar extends HTMLElement {
  #player;
  #range;
  #behind;
  #timer = 0;
  #isHeld = false;
  #listening;

  async connectedCallback() {
    this.#player = await playerOf(this);
    if (!this.#player?.rewind || this.#listening) {
      return;
    }
    this.#range = this.querySelector("input");
    this.#behind = this.#player.querySelector(".player__behind");
    const { signal } = (this.#listening = new AbortController());
    const on = (target, type, handler) => target.addEventListener(type, handler, { signal });
    for (const type of ["pointerenter", "focusin", "touchstart"]) {
      this.#player.addEventListener(type, () => this.#player.askForRewind(), { signal, passive: true });
    }
    on(this.#player.rewind, "change", () => this.#show());
    on(this.#player, "viewchange", () => this.#show());
    on(this.#range, "input", () => this.#drag());
    on(this.#range, "change", () => this.#seek());
    this.#timer = setInterval(() => this.#show(), EVERY_MS);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
    this.#listening?.abort();
    this.#listening = null;
  }

  #show() {
    const { rewind, times } = this.#player;
    this.hidden = !(rewind.isOffered || rewind.isOn) || !times;
    if (this.hidden || this.#isHeld) {
      return;
    }
    const length = Math.max(1, (times.now - rewind.startedAt) / 1000);
    const behind = (times.now - times.playing) / 1000;
    this.#range.max = length;
    this.#range.value = behind < LIVE_WITHIN_S ? length : length - behind;
    this.#say(behind);
  }

  #drag() {
    this.#isHeld = true;
    this.#say(this.#range.max - this.#range.value);
  }

  async #seek() {
    const behind = this.#range.max - this.#range.value;
    await (behind < LIVE_WITHIN_S ? this.#player.goLive() : this.#player.rewindBy(behind));
    this.#isHeld = false;
    this.#show();
  }

  #say(behind) {
    const isLive = behind < LIVE_WITHIN_S;
    const text = isLive ? "" : `−${clock(Math.round(behind))}`;
    this.#behind.value = text;
    this.#range.setAttribute("aria-valuetext", text || this.dataset.live);
    const share = (100 * this.#range.value) / this.#range.max;
    this.style.setProperty("--played", `${isLive ? 100 : share}%`);
  }
}

customElements.define("live-seek-bar", LiveSeekBar);
