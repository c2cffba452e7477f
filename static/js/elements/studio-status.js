import { LookedAt } from "lib/looked-at";

const EVERY_MS = 2000;
const AFTER_ERROR_MS = 5000;

/** <studio-status src="/studio/status"> around a server-rendered panel, fetched anew while the page is looked at. */
class StudioStatus extends HTMLElement {
  #shown = null;
  #fresh = new LookedAt({
    url: () => this.getAttribute("src"),
    everyMs: EVERY_MS,
    afterErrorMs: AFTER_ERROR_MS,
    take: (html) => this.#take(html),
  });

  connectedCallback() {
    this.#fresh.start();
  }

  disconnectedCallback() {
    this.#fresh.stop();
  }

  /** Only what changed is replaced, so that nobody loses the button they are on; the token in a form always differs. */
  #take(html) {
    const comparable = html.replace(/name="csrfmiddlewaretoken" value="[^"]*"/g, "");
    if (comparable === this.#shown) {
      return;
    }
    this.#shown = comparable;
    const hadFocus = this.contains(document.activeElement);
    this.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
    if (hadFocus) {
      this.querySelector("button")?.focus();
    }
  }
}

customElements.define("studio-status", StudioStatus);
