const EVERY_MS = 2000;
const AFTER_ERROR_MS = 5000;

/** <studio-status src="/studio/status"> around a server-rendered panel, fetched anew while the page is looked at. */
class StudioStatus extends HTMLElement {
  #timer = 0;
  #shown = null;

  connectedCallback() {
    this.#schedule(EVERY_MS);
    document.addEventListener("visibilitychange", this.#onVisible);
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#onVisible);
  }

  #onVisible = () => {
    if (!document.hidden) {
      this.#schedule(0);
    }
  };

  #schedule(delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refresh(), delay);
  }

  async #refresh() {
    if (document.hidden) {
      return;
    }
    try {
      const response = await fetch(this.getAttribute("src"), { signal: AbortSignal.timeout(8000), redirect: "error" });
      if (!response.ok) {
        throw new Error(`status answered ${response.status}`);
      }
      this.#take(await response.text());
      this.#schedule(EVERY_MS);
    } catch {
      this.#schedule(AFTER_ERROR_MS);
    }
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
