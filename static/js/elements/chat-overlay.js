import { ChatFeed } from "lib/chat-feed";
import { LineMaker } from "lib/chat-line";
import { Texts } from "lib/chat-texts";

const MOST = 40;
const FADING_MS = 800;
const TRY_AGAIN_MS = 30000;
const SAMPLE_EACH_MS = 2500;

/**
 * <chat-overlay topic="chat.overlay.…" lines-url="…" size="100" fade="30" no-commands no-notices> around a list, the
 * templates of lines and what the server says of the room (a JSON script). Lines go after `fade` seconds, with 0 never;
 * `size` is in percent. Without a topic it shows the entry's lines over and over, as a sample: attributes may change.
 */
class ChatOverlay extends HTMLElement {
  static observedAttributes = ["size", "fade", "no-commands", "no-notices"];
  #list;
  #maker;
  #feed = null;
  #timer = 0;
  #fading = new Set();

  connectedCallback() {
    this.#list = this.querySelector("[data-lines]");
    this.#maker = new LineMaker(this, new Texts(this));
    this.#applySize();
    const entry = JSON.parse(this.querySelector("script[type='application/json']").textContent);
    if (this.hasAttribute("topic")) {
      this.#open(entry);
    } else {
      this.#showSamples(entry.lines);
    }
  }

  disconnectedCallback() {
    this.#feed?.close();
    this.#feed = null;
    clearInterval(this.#timer);
    this.#clear();
  }

  attributeChangedCallback() {
    if (this.#list) {
      this.#applySize();
      this.#clear();
    }
  }

  #applySize() {
    this.style.setProperty("--size", Number(this.getAttribute("size")) / 100);
  }

  #open({ lines, last_seq: lastSeq }) {
    this.#feed = new ChatFeed(this.getAttribute("topic"), this.getAttribute("lines-url"), lastSeq);
    this.#feed.onLine = (line) => this.#add(line);
    this.#feed.onGone = (seqs) => seqs.forEach((seq) => this.#list.querySelector(`[data-seq="${Number(seq)}"]`)?.remove());
    this.#feed.onReset = () => this.#clear();
    this.#feed.onEvent = (event) => this.#onEvent(event);
    lines.forEach((line) => this.#add(line, line.age_s));
    this.#feed.open();
  }

  #showSamples(lines) {
    let next = 0;
    const add = () => this.#add({ ...lines[next++ % lines.length], seq: next });
    add();
    this.#timer = setInterval(add, SAMPLE_EACH_MS);
  }

  #onEvent({ type }) {
    if (type === "changed") {
      // It shows more, or less, than it did.
      location.reload();
    } else if (type === "entered" || type === "closed") {
      clearInterval(this.#timer);
      const isGone = type === "closed";
      this.querySelector("[data-gone]").hidden = !isGone;
      if (isGone) {
        this.#clear();
        this.#timer = setInterval(() => this.#tryAgain(), TRY_AGAIN_MS);
      }
    }
  }

  /** The channel may have been out of sight for a while; an address that was reset stays worthless. */
  #tryAgain() {
    this.#feed.close();
    this.#feed.open();
  }

  #add(line, ageS = 0) {
    const restS = Number(this.getAttribute("fade")) - ageS;
    const stays = this.getAttribute("fade") === "0";
    if (this.#isHidden(line) || (restS <= 0 && !stays)) {
      return;
    }
    const element = this.#maker.make(line);
    this.#list.append(element);
    while (this.#list.childElementCount > MOST) {
      this.#list.firstElementChild.remove();
    }
    if (!stays) {
      this.#fadeAfter(element, restS * 1000);
    }
  }

  #isHidden({ kind, text }) {
    const isSaid = kind === "said";
    return isSaid ? this.hasAttribute("no-commands") && /^[!/]/.test(text) : this.hasAttribute("no-notices");
  }

  #fadeAfter(element, ms) {
    const timers = [
      setTimeout(() => element.classList.add("is-fading"), ms),
      setTimeout(() => (element.remove(), timers.forEach((one) => this.#fading.delete(one))), ms + FADING_MS),
    ];
    timers.forEach((one) => this.#fading.add(one));
  }

  #clear() {
    this.#fading.forEach(clearTimeout);
    this.#fading.clear();
    this.#list?.replaceChildren();
  }
}

customElements.define("chat-overlay", ChatOverlay);
