const UNITS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** <relative-time datetime="...">: how long ago, in the reader's language; the full time in the reader's zone as its title. */
class RelativeTime extends HTMLElement {
  #timer = 0;

  connectedCallback() {
    this.#show();
    this.#timer = setInterval(() => this.#show(), 15000);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  #show() {
    const at = new Date(this.getAttribute("datetime"));
    if (Number.isNaN(at.getTime())) {
      return;
    }
    const language = document.documentElement.lang;
    const seconds = Math.max(0, (Date.now() - at.getTime()) / 1000);
    const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? UNITS.at(-1);
    const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
    this.textContent = format.format(-Math.floor(seconds / size), unit);
    this.title = at.toLocaleString(language);
  }
}

customElements.define("relative-time", RelativeTime);
