import { clock } from "lib/figures";

/** <elapsed-time since="2026-01-01T20:00:00+00:00">: how long ago that was, as h:mm:ss, ticking. */
class ElapsedTime extends HTMLElement {
  static observedAttributes = ["since"];
  #timer = 0;

  connectedCallback() {
    this.#show();
    this.#timer = setInterval(() => this.#show(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  attributeChangedCallback() {
    this.#show();
  }

  #show() {
    const since = Date.parse(this.getAttribute("since") ?? "");
    if (Number.isNaN(since)) {
      return;
    }
    this.textContent = clock(Math.max(0, Math.floor((Date.now() - since) / 1000)));
  }
}

customElements.define("elapsed-time", ElapsedTime);
