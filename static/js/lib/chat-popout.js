const ASK_EACH_MS = 3000;
/** A window that crashed says nothing any more. */
const GIVEN_UP_AFTER = 3;

/** Whether a channel's chat is open in a window of its own: pages of the same browser tell each other. */
export class PopOut {
  #line;
  #timer = 0;
  #unanswered = 0;
  #isOpen = false;
  #isIt = false;
  #listening = new AbortController();

  constructor(channel) {
    this.#line = new BroadcastChannel(`estrade-chat-${channel}`);
  }

  /** Be that window. */
  announce() {
    const { signal } = this.#listening;
    this.#isIt = true;
    this.#hear((said) => said === "anybody?" && this.#say("here"));
    addEventListener("pagehide", () => this.#say("gone"), { signal });
    addEventListener("pageshow", () => this.#say("here"), { signal });
    this.#say("here");
  }

  /** Hear whether there is one. */
  watch(onChange) {
    const turn = (isOpen) => {
      this.#unanswered = 0;
      if (isOpen !== this.#isOpen) {
        this.#isOpen = isOpen;
        clearInterval(this.#timer);
        this.#timer = isOpen ? setInterval(ask, ASK_EACH_MS) : 0;
        onChange(isOpen);
      }
    };
    const ask = () => {
      this.#unanswered += 1;
      if (this.#unanswered > GIVEN_UP_AFTER) {
        turn(false);
      } else {
        this.#say("anybody?");
      }
    };
    this.#hear((said) => {
      if (said === "here" || said === "gone") {
        turn(said === "here");
      }
      if (said === "gone") {
        this.#say("anybody?");
      }
    });
    this.#say("anybody?");
  }

  close() {
    if (this.#isIt) {
      this.#say("gone");
    }
    this.#listening.abort();
    clearInterval(this.#timer);
    this.#line.close();
  }

  #hear(handler) {
    this.#line.addEventListener("message", ({ data }) => handler(data), { signal: this.#listening.signal });
  }

  #say(what) {
    this.#line.postMessage(what);
  }
}
