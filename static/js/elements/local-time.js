const FORMATS = {
  full: { dateStyle: "full", timeStyle: "short" },
  date: { dateStyle: "long" },
  day: { weekday: "short", day: "numeric", month: "short" },
  time: { timeStyle: "short" },
};

/** <local-time datetime="..." format="full|date|day|time">: a time in the reader's own zone and language. */
class LocalTime extends HTMLElement {
  connectedCallback() {
    const at = new Date(this.getAttribute("datetime"));
    if (!Number.isNaN(at.getTime())) {
      const language = document.documentElement.lang;
      this.textContent = new Intl.DateTimeFormat(language, FORMATS[this.getAttribute("format")]).format(at);
      this.title = at.toLocaleString(language);
    }
  }
}

customElements.define("local-time", LocalTime);
