const EVERY_MS = 5000;

/** <house-overview>: server-rendered, fetched anew while somebody looks. Scroll and focus stay where they are. */
class HouseOverview extends HTMLElement {
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
    this.#timer = setTimeout(() => this.#refresh(), EVERY_MS);
  }

  async #refresh() {
    clearTimeout(this.#timer);
    if (!document.hidden) {
      try {
        const response = await fetch(location.href, { signal: AbortSignal.timeout(4000) });
        if (response.ok) {
          this.#take(await response.text());
        }
      } catch {
        // What stands there says when it was true.
      }
    }
    if (this.isConnected) {
      this.#schedule();
    }
  }

  #take(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector(this.localName);
    if (!fresh) {
      return;
    }
    const focused = this.contains(document.activeElement) ? document.activeElement : null;
    const at = [...this.querySelectorAll("[tabindex]")].map((region) => region.scrollLeft);
    const place = focused && this.#focusable().indexOf(focused);
    const href = focused?.getAttribute("href");
    this.replaceChildren(...fresh.childNodes);
    this.querySelectorAll("[tabindex]").forEach((region, index) => region.scrollTo({ left: at[index] ?? 0 }));
    if (focused) {
      const same = this.#focusable().find((one) => href && one.getAttribute("href") === href);
      (same ?? this.#focusable()[place])?.focus({ preventScroll: true });
    }
  }

  #focusable() {
    return [...this.querySelectorAll("a, [tabindex]")];
  }
}

customElements.define("house-overview", HouseOverview);
