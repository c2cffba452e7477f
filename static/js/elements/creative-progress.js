import { LookedAt } from "lib/looked-at";
import { visit } from "lib/navigation";

/** <creative-progress src="..."> around <progress data-creative="7"> bars; the page is shown anew once all are done. */
class CreativeProgress extends HTMLElement {
  #looking = new LookedAt({
    url: () => this.getAttribute("src"),
    everyMs: 1500,
    take: (text) => this.#take(JSON.parse(text)),
  });

  connectedCallback() {
    this.#looking.start();
  }

  disconnectedCallback() {
    this.#looking.stop();
  }

  #take({ creatives }) {
    for (const { id, percent } of creatives) {
      const bar = this.querySelector(`[data-creative="${id}"]`);
      if (bar) {
        bar.value = percent;
      }
    }
    if (!creatives.some(({ state }) => state === "uploaded")) {
      this.#looking.stop();
      visit(location.href, { action: "replace" });
    }
  }
}

customElements.define("creative-progress", CreativeProgress);
