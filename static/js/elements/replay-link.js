import { playerOf } from "lib/player-of";

const ANY_ID = "00000000-0000-0000-0000-000000000000";
const EVERY_MS = 4000;

/**
 * <replay-link href="/@alice/<noughts>" src="/api/…/<noughts>/recording" hidden> around a link, in a <live-player>: once
 * the broadcast that was watched has ended and is kept, the link leads to its recording.
 */
class ReplayLink extends HTMLElement {
  #timer = 0;
  #listening;

  async connectedCallback() {
    const player = await playerOf(this);
    if (!player || this.#listening) {
      return;
    }
    this.#listening = new AbortController();
    player.addEventListener("viewchange", () => this.#onView(player), { signal: this.#listening.signal });
    this.#onView(player);
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#listening?.abort();
    this.#listening = null;
  }

  #onView(player) {
    clearTimeout(this.#timer);
    if (player.view === "ended" && player.lastBroadcast) {
      this.#look(player.lastBroadcast);
    } else {
      this.hidden = true;
    }
  }

  async #look(broadcast) {
    try {
      const response = await fetch(this.getAttribute("src").replace(ANY_ID, broadcast));
      const { state } = response.ok ? await response.json() : {};
      if (state === "recording") {
        this.#timer = setTimeout(() => this.#look(broadcast), EVERY_MS);
      }
      this.querySelector("a").href = this.getAttribute("href").replace(ANY_ID, broadcast);
      this.hidden = !["processing", "ready"].includes(state);
    } catch {
      this.#timer = setTimeout(() => this.#look(broadcast), EVERY_MS);
    }
  }
}

customElements.define("replay-link", ReplayLink);
