import { fillText } from "lib/fill-text";
import { socket } from "lib/socket";

const SHOWN_MS = 8000;
const PAUSE_MS = 600;
const MOST_WAITING = 50;

/** <tip-alerts topic="tips.overlay.…"> shows one tip after the other, each for a while. */
class TipAlerts extends HTMLElement {
  #leave;
  #waiting = [];
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
    } else if (event.type === "tip" && this.#waiting.length < MOST_WAITING) {
      this.#waiting.push(event);
      if (!this.#timer) {
        this.#next();
      }
    }
  }

  #next() {
    const tip = this.#waiting.shift();
    this.#timer = 0;
    if (tip) {
      this.querySelector("[data-place]").replaceChildren(this.#make(tip));
      this.#timer = setTimeout(() => this.#pause(), SHOWN_MS);
    }
  }

  #pause() {
    this.querySelector("[data-place]").replaceChildren();
    this.#timer = setTimeout(() => this.#next(), PAUSE_MS);
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
