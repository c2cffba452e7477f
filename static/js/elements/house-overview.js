import { LookedAt } from "lib/looked-at";

const EVERY_MS = 5000;

/** <house-overview>: server-rendered, fetched anew while somebody looks. Scroll and focus stay where they are. */
class HouseOverview extends HTMLElement {
  #fresh = new LookedAt({ url: () => location.href, everyMs: EVERY_MS, take: (html) => this.#take(html) });

  connectedCallback() {
    this.#fresh.start();
  }

  disconnectedCallback() {
    this.#fresh.stop();
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
