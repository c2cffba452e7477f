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
    const seconds = Math.max(0, Math.floor((Date.now() - since) / 1000));
    const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const two = (n) => String(n).padStart(2, "0");
    this.textContent = h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
  }
}

customElements.define("elapsed-time", ElapsedTime);
