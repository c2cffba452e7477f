const EVERY_MS = 15000;

/** <live-directory>: a server-rendered list of channels that is fetched anew while somebody looks at it. */
class LiveDirectory extends HTMLElement {
  #timer = 0;

  connectedCallback() {
    this.#schedule();
    document.addEventListener("visibilitychange", this.#onVisible);
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#onVisible);
  }

  #onVisible = () => {
    if (!document.hidden) {
      this.#refresh();
    }
  };

  #schedule() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refresh(), EVERY_MS * (0.8 + Math.random() * 0.4));
  }

  async #refresh() {
    if (!document.hidden) {
      try {
        const response = await fetch(location.href, { signal: AbortSignal.timeout(8000) });
        if (response.ok) {
          this.#take(await response.text());
        }
      } catch {
        // The list that is there stays until the server answers again.
      }
    }
    this.#schedule();
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
