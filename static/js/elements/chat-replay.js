import { HiddenPeople } from "lib/chat-hidden";
import { LineMaker } from "lib/chat-line";
import { ChatLog } from "lib/chat-log";
import { ReplayLines } from "lib/chat-replay";
import { Texts } from "lib/chat-texts";

const HIDDEN_KEY = "estrade-replay-chat";
const TURNS = ["timeupdate", "seeking", "seeked", "playing"];

/**
 * <chat-replay src="/chat/broadcasts/…/lines"> around a log: what was said during a broadcast, in step with the page's
 * <replay-player>. While it is folded away nothing is fetched. Without `src` it says why it is closed.
 */
class ChatReplay extends HTMLElement {
  #lines;
  #log;
  #player;
  #listening;

  connectedCallback() {
    if (!this.hasAttribute("src")) {
      return;
    }
    const { signal } = (this.#listening = new AbortController());
    this.#lines ??= this.#build();
    this.#log.connect(signal);
    const button = this.querySelector("[data-fold]");
    button.addEventListener("click", () => this.#fold(this.#isOpen, true), { signal });
    this.#fold(wasFolded(), false);
    this.#follow(signal);
  }

  disconnectedCallback() {
    this.#listening?.abort();
    this.#lines?.stop();
  }

  #build() {
    const entry = JSON.parse(this.querySelector("script[type='application/json']").textContent);
    const maker = new LineMaker(this, new Texts(this));
    const people = new HiddenPeople(entry.channel, entry.hidden, async () => {});
    this.#log = new ChatLog(this, (line) => maker.make(line));
    const lines = new ReplayLines(this.getAttribute("src"));
    lines.onLine = (line) => people.has(line.author?.id) || this.#log.add(line);
    lines.onReset = () => this.#log.clear();
    lines.onReach = (isReached) => (this.querySelector("[data-away]").hidden = isReached);
    return lines;
  }

  get #isOpen() {
    return this.querySelector("[data-fold]").getAttribute("aria-expanded") === "true";
  }

  async #follow(signal) {
    await customElements.whenDefined("replay-player");
    this.#player = document.querySelector("replay-player");
    if (this.#player && !signal.aborted) {
      for (const type of TURNS) {
        this.#player.video.addEventListener(type, () => this.#turn(), { signal });
      }
      this.#player.playback.addEventListener("ready", () => this.#turn(), { signal });
      this.#turn();
    }
  }

  #turn() {
    const { playback, video } = this.#player ?? {};
    const date = playback?.dateAt(video.currentTime);
    if (date && this.#isOpen) {
      this.#lines.turn(date);
    }
  }

  #fold(isFolded, isChosen) {
    const button = this.querySelector("[data-fold]");
    button.setAttribute("aria-expanded", !isFolded);
    button.textContent = isFolded ? button.dataset.show : button.dataset.hide;
    this.closest(".chat").classList.toggle("is-away", isFolded);
    this.querySelector("[data-body]").hidden = isFolded;
    if (isChosen) {
      keep(isFolded);
    }
    if (isFolded) {
      this.#lines.stop();
    } else {
      this.#turn();
    }
  }
}

function wasFolded() {
  try {
    return localStorage.getItem(HIDDEN_KEY) === "folded";
  } catch {
    return false;
  }
}

function keep(isFolded) {
  try {
    localStorage.setItem(HIDDEN_KEY, isFolded ? "folded" : "");
  } catch {
    // Without storage it holds until the page is left.
  }
}

customElements.define("chat-replay", ChatReplay);
