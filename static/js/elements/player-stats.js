import { figure, measure } from "lib/figures";
import { playerOf } from "lib/player-of";

const EVERY_MS = 500;

const seconds = (value) => measure(value, "second", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

const FORMAT = {
  latency: (s) => (s.latency === null ? null : seconds(s.latency)),
  buffer: (s) => seconds(s.bufferLength),
  rendition: (s) => [s.rendition, s.width ? `${s.width} × ${s.height}` : null].filter(Boolean).join(" · ") || null,
  bitrate: (s) => (s.bitrate ? measure(s.bitrate / 1e6, "megabit-per-second", { maximumFractionDigits: 1 }) : null),
  dropped: (s) => `${figure(s.droppedFrames)} / ${figure(s.totalFrames)}`,
  rate: (s) => `${figure(s.playbackRate, 2)} ×`,
  stalls: (s) => figure(s.stalls),
};

/** <player-stats hidden> inside a player: a list whose `data-stat` cells show its figures while it is open. */
class PlayerStats extends HTMLElement {
  #timer = 0;
  #listening;

  async connectedCallback() {
    const player = await playerOf(this);
    if (!player || this.#listening) {
      return;
    }
    const { signal } = (this.#listening = new AbortController());
    player.addEventListener("togglestats", () => this.#toggle(player), { signal });
    this.querySelector("button").addEventListener("click", () => this.#toggle(player), { signal });
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
    this.#listening?.abort();
    this.#listening = null;
  }

  #toggle(player) {
    this.hidden = !this.hidden;
    clearInterval(this.#timer);
    if (!this.hidden) {
      this.#show(player);
      this.#timer = setInterval(() => this.#show(player), EVERY_MS);
    }
  }

  #show(player) {
    const stats = player.stats;
    for (const cell of this.querySelectorAll("[data-stat]")) {
      cell.textContent = FORMAT[cell.dataset.stat](stats) ?? "–";
    }
  }
}

customElements.define("player-stats", PlayerStats);
