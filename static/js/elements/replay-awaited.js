import { visit } from "lib/navigation";

const EVERY_MS = 3000;

/** <replay-awaited src="/api/…/recording" state="processing" downloads="">: loads the page anew once either is another. */
class ReplayAwaited extends HTMLElement {
  #timer = 0;

  connectedCallback() {
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  async #look() {
    if (document.hidden) {
      return;
    }
    try {
      const response = await fetch(this.getAttribute("src"), { signal: AbortSignal.timeout(8000) });
      const recording = response.ok ? await response.json() : null;
      if (recording && ["state", "downloads"].some((name) => recording[name] !== this.getAttribute(name))) {
        clearInterval(this.#timer);
        visit(location.href, { action: "replace" });
      }
    } catch {
      // The next look may find it.
    }
  }
}

customElements.define("replay-awaited", ReplayAwaited);
