import { figure } from "lib/figures";
import { socket } from "lib/socket";

/** <notification-bell topic="user.7" src="..."> around a link with a [data-count]: how much is unread, kept up to date. */
class NotificationBell extends HTMLElement {
  #leave;
  #unread = 0;

  connectedCallback() {
    this.#unread = Number.parseInt(this.querySelector("[data-count]").textContent, 10) || 0;
    this.#leave = socket.subscribe(this.getAttribute("topic"), (event) => this.#onEvent(event));
    document.addEventListener("visibilitychange", this.#onVisible);
  }

  disconnectedCallback() {
    this.#leave();
    document.removeEventListener("visibilitychange", this.#onVisible);
  }

  #onVisible = () => {
    if (!document.hidden) {
      this.#refresh();
    }
  };

  #onEvent(event) {
    if (event.type === "notified") {
      this.#show(event.unread ?? this.#unread + (event.more ?? 0));
    }
  }

  async #refresh() {
    try {
      const response = await fetch(this.getAttribute("src"), { redirect: "error", signal: AbortSignal.timeout(8000) });
      if (response.ok) {
        this.#show((await response.json()).unread);
      }
    } catch {
      // The figure that is there stays until the server answers again.
    }
  }

  #show(unread) {
    this.#unread = unread;
    const count = this.querySelector("[data-count]");
    count.textContent = unread > 99 ? `${figure(99)}+` : figure(unread);
    count.hidden = unread === 0;
  }
}

customElements.define("notification-bell", NotificationBell);
