import { ChatFeed } from "lib/chat-feed";
import { makeLine } from "lib/chat-line";
import { ChatLog } from "lib/chat-log";
import { ChatSender } from "lib/chat-sender";

/** <chat-room room="7" lines-url="…"> around a log, a composer, and what the server says of the room (a JSON script). */
class ChatRoom extends HTMLElement {
  #entry;
  #feed;
  #log;
  #sender = new ChatSender();
  #listening;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#entry ??= JSON.parse(this.querySelector("script[type='application/json']").textContent);
    const template = this.querySelector("[data-template='line']");
    const draw = { text: (target, line) => (target.textContent = line.text) };
    this.#log ??= new ChatLog(this, (line) => makeLine(template, line, draw));
    this.#log.connect(signal);
    this.#sender.connect();
    this.#sender.onState = (state) => (this.dataset.sending = state);
    this.querySelector("[data-composer]")?.addEventListener("submit", (event) => this.#onSubmit(event), { signal });
    this.querySelector("textarea")?.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    this.#open();
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#feed.close();
    this.#sender.disconnect();
  }

  #open() {
    if (!this.#feed) {
      this.#feed = new ChatFeed(this.getAttribute("room"), this.getAttribute("lines-url"), this.#entry.last_seq);
      this.#feed.onLine = (line) => this.#log.add(line);
      this.#feed.onGone = (seqs) => this.#log.remove(seqs);
      this.#feed.onReset = () => this.#log.clear();
      this.#feed.onFresh = (fresh) => this.#show(fresh);
      this.#entry.lines.forEach((line) => this.#log.add(line));
      this.#showDenial(this.#entry.denial);
    }
    this.#feed.open();
  }

  #show(fresh) {
    this.dataset.state = fresh ? "live" : "away";
    this.querySelector("[data-away]").hidden = fresh;
  }

  #showDenial(code) {
    this.querySelector("[data-closed]").hidden = !code;
    for (const one of this.querySelectorAll("[data-denial]")) {
      one.hidden = !one.dataset.denial.split(" ").includes(code);
    }
  }

  #onKey(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
  }

  async #onSubmit(event) {
    event.preventDefault();
    const field = event.target.elements.text;
    const text = field.value.trim();
    if (!text) {
      return;
    }
    field.value = "";
    this.#notice("");
    try {
      await this.#sender.send("chat.post", { room: this.#entry.room, text });
    } catch (error) {
      field.value ||= text;
      this.#notice(error.message);
    }
  }

  #notice(text) {
    const notice = this.querySelector("[data-notice]");
    notice.textContent = text;
    notice.hidden = !text;
  }
}

customElements.define("chat-room", ChatRoom);
