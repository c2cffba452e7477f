import { playerOf } from "lib/player-of";

const EVERY_MS = 500;

const FORMAT = {
  latency: (s) => (s.latency === null ? null : `${s.latency.toFixed(2)} s`),
  buffer: (s) => `${s.bufferLength.toFixed(2)} s`,
  rendition: (s) => [s.rendition, s.width ? `${s.width} × ${s.height}` : null].filter(Boolean).join(" · ") || null,
  bitrate: (s) => (s.bitrate ? `${(s.bitrate / 1e6).toFixed(1)} Mb/s` : null),
  dropped: (s) => `${s.droppedFrames} / ${s.totalFrames}`,
  rate: (s) => `${s.playbackRate.toFixed(2)} ×`,
  stalls: (s) => String(s.stalls),
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
