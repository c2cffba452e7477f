import { PopOut } from "lib/chat-popout";

const WIDTH = 400;
const HEIGHT = 720;

/**
 * <chat-elsewhere channel="7"> beside a chat: while the channel's chat is open in a window of its own it offers to take
 * this one away, and puts it back when that window is closed. With `alone` it stands in that window, and says so.
 */
class ChatElsewhere extends HTMLElement {
  #popOut;
  #listening;
  #isOpen = false;
  #isAway = false;
  #room = null;

  connectedCallback() {
    const { signal } = (this.#listening = new AbortController());
    this.#popOut = new PopOut(this.getAttribute("channel"));
    if (this.hasAttribute("alone")) {
      this.#popOut.announce();
      return;
    }
    this.#room ??= this.parentElement.querySelector("chat-room");
    this.#popOut.watch((isOpen) => this.#onOpen(isOpen));
    this.querySelector("[data-hide]").addEventListener("click", () => this.#turn(true), { signal });
    this.querySelector("[data-show]").addEventListener("click", () => this.#turn(false), { signal });
    this.#room.addEventListener("click", (event) => this.#onClick(event), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#popOut.close();
  }

  /** A window beside, not a tab over the picture; where windows can't be opened the link is a link. */
  #onClick(event) {
    const link = event.target.closest("[data-pop-out]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      const opened = open(link.href, link.target, `popup,width=${WIDTH},height=${HEIGHT}`);
      if (opened) {
        event.preventDefault();
        opened.focus();
      }
    }
  }

  #onOpen(isOpen) {
    this.#isOpen = isOpen;
    this.#turn(this.#isAway && isOpen);
  }

  #turn(isAway) {
    const wasAway = this.#isAway;
    this.#isAway = isAway;
    const state = isAway ? "away" : this.#isOpen ? "open" : "";
    for (const one of this.querySelectorAll("[data-state]")) {
      one.hidden = one.dataset.state !== state;
    }
    this.parentElement.classList.toggle("is-away", isAway);
    if (isAway) {
      this.#room.remove();
    } else if (!this.#room.isConnected) {
      this.after(this.#room);
    }
    if (wasAway !== isAway) {
      this.querySelector(isAway ? "[data-show]" : "[data-hide]").focus({ preventScroll: true });
    }
  }
}

customElements.define("chat-elsewhere", ChatElsewhere);
