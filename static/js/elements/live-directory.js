import { LookedAt } from "lib/looked-at";

const EVERY_MS = 15000;

/** <live-directory>: a server-rendered list of channels that is fetched anew while somebody looks at it. */
class LiveDirectory extends HTMLElement {
  #fresh = new LookedAt({ url: () => location.href, everyMs: EVERY_MS, take: (html) => this.#take(html) });

  connectedCallback() {
    this.#fresh.start();
  }

  disconnectedCallback() {
    this.#fresh.stop();
  }

  /** A picture that is shown already isn't loaded again. */
  #keepStills(fresh) {
    const shown = new Map([...this.querySelectorAll("live-still")].map((still) => [still.dataset.of, still]));
    for (const still of fresh.querySelectorAll("live-still")) {
      still.replaceWith(shown.get(still.dataset.of) ?? still);
    }
  }

  #take(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector(this.localName);
    // Whoever is on a card by keyboard isn't thrown off it.
    if (fresh && keys(fresh) !== keys(this) && !this.contains(document.activeElement)) {
      this.#keepStills(fresh);
      this.replaceChildren(...fresh.childNodes);
    }
  }
}

/** What tells one list from another; the times in them tick by themselves. */
function keys(directory) {
  return [...directory.querySelectorAll("[data-key]")].map((item) => item.dataset.key).join("\n");
}

customElements.define("live-directory", LiveDirectory);
