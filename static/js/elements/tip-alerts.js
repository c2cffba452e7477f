import { fillText } from "lib/fill-text";
import { recall, remember } from "lib/recent-words";
import { socket } from "lib/socket";

const SHOWN_MS = 8000;
const PAUSE_MS = 600;
const MOST_WAITING = 50;
const SHOWN_KEY = "tip-alerts";

/**
 * <tip-alerts topic="tips.overlay.…"> shows one tip after the other, each for a while and once: what comes first is
 * those of the last minutes, of which the browser knows which it has shown.
 */
class TipAlerts extends HTMLElement {
  #leave;
  #waiting = [];
  #shown = new Set(recall(SHOWN_KEY).reverse());
  #timer = 0;

  connectedCallback() {
    this.#leave = socket.subscribe(this.getAttribute("topic"), (event) => this.#onEvent(event));
  }

  disconnectedCallback() {
    this.#leave();
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  #onEvent(event) {
    if (event.type === "gone" || event.type === "closed") {
      this.#waiting = [];
      this.querySelector("[data-place]").replaceChildren();
    } else if (event.type === "tip") {
      this.#take(event);
    } else {
      event.missed?.forEach((tip) => this.#take(tip));
    }
  }

  #take(tip) {
    const isKnown = tip.id && (this.#shown.has(tip.id) || this.#waiting.some(({ id }) => id === tip.id));
    if (isKnown || this.#waiting.length >= MOST_WAITING) {
      return;
    }
    this.#waiting.push(tip);
    if (!this.#timer) {
      this.#next();
    }
  }

  #next() {
    const tip = this.#waiting.shift();
    this.#timer = 0;
    if (tip) {
      this.#note(tip);
      this.querySelector("[data-place]").replaceChildren(this.#make(tip));
      this.#timer = setTimeout(() => this.#pause(), SHOWN_MS);
    }
  }

  #pause() {
    this.querySelector("[data-place]").replaceChildren();
    this.#timer = setTimeout(() => this.#next(), PAUSE_MS);
  }

  #note({ id }) {
    if (id) {
      this.#shown.add(id);
      remember(SHOWN_KEY, [...this.#shown].reverse());
    }
  }

  #make({ name, amount, message }) {
    const text = this.querySelector(`[data-text='${name ? "named" : "unnamed"}']`).content.textContent;
    const element = this.querySelector("[data-template='alert']").content.firstElementChild.cloneNode(true);
    element.querySelector("[data-what]").textContent = fillText(text, { person: name, amount });
    const words = element.querySelector("[data-words]");
    words.textContent = message;
    words.hidden = !message;
    return element;
  }
}

customElements.define("tip-alerts", TipAlerts);
