import { broadcastState } from "lib/broadcast-state";

/**
 * <broadcast-info state-url="..."> around a title, a count and badges that follow the broadcast: `data-title`, `data-viewers`, and `data-for`
 * naming the states an element is shown in (live, interrupted, offline).
 */
class BroadcastInfo extends HTMLElement {
  #unsubscribe;

  connectedCallback() {
    this.state = broadcastState(this.getAttribute("state-url"));
    this.#unsubscribe = this.state.subscribe((broadcast) => this.#show(broadcast));
  }

  disconnectedCallback() {
    this.#unsubscribe();
  }

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
      const viewers = this.querySelector("[data-viewers]");
      if (viewers) {
        viewers.textContent = broadcast.viewers;
      }
      this.querySelector("elapsed-time")?.setAttribute("since", broadcast.started_at);
    }
  }
}

customElements.define("broadcast-info", BroadcastInfo);
