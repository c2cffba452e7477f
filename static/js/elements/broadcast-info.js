import { broadcastState } from "lib/broadcast-state";
import { figure } from "lib/figures";

/**
 * <broadcast-info state-url="..."> around a title and badges that follow the broadcast: `data-title`, `data-viewers`
 * around a `data-count`, and `data-for` naming the states an element is shown in (live, interrupted, offline).
 */
class BroadcastInfo extends HTMLElement {
  #unsubscribe;

  connectedCallback() {
    this.state = broadcastState(this.getAttribute("state-url"));
    this.#unsubscribe = this.state.subscribe((broadcast) => this.#show(broadcast));
    this.state.addEventListener("viewers", this.#showViewers);
    this.#showViewers();
  }

  disconnectedCallback() {
    this.#unsubscribe();
    this.state.removeEventListener("viewers", this.#showViewers);
  }

  #showViewers = () => {
    const { viewers } = this.state;
    const element = this.querySelector("[data-viewers]");
    element.hidden = viewers === null;
    element.querySelector("[data-count]").textContent = viewers === null ? "" : figure(viewers);
  };

  #show(broadcast) {
    const state = broadcast?.state ?? "offline";
    for (const element of this.querySelectorAll("[data-for]")) {
      element.hidden = !element.dataset.for.split(" ").includes(state);
    }
    if (broadcast) {
      this.querySelector("[data-title]").textContent = broadcast.title;
      for (const badge of this.querySelectorAll("[data-visibility]")) {
        badge.hidden = badge.dataset.visibility !== broadcast.visibility;
      }
      this.querySelector("elapsed-time")?.setAttribute("since", broadcast.started_at);
    }
  }
}

customElements.define("broadcast-info", BroadcastInfo);
