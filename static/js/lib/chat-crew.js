import { itemOf } from "lib/chat-card";
import { socket } from "lib/socket";

/** What only those see who keep order: messages that wait for them, and the log of what was done. */
export class CrewPanel {
  onPending = () => {};
  #dialog;
  #root;
  #order;
  #urls;
  #last = null;

  /** `urls(name)` answers the address of "held" or "log" for the room that is open. */
  constructor(root, urls, order) {
    this.#root = root;
    this.#dialog = root.querySelector("[data-dialog='crew']");
    this.#urls = urls;
    this.#order = order;
  }

  connect(signal, channel) {
    if (!this.#dialog) {
      return;
    }
    const leave = socket.subscribe(`chat.crew.${channel}`, (event) => this.#onEvent(event));
    this.#dialog.querySelector("[data-deeds-more]").addEventListener("click", () => this.#readLog(this.#last), { signal });
    signal.addEventListener("abort", () => {
      leave();
      this.#dialog.close();
    });
  }

  open() {
    this.#dialog.showModal();
    this.#refresh();
  }

  #refresh() {
    this.#readHeld();
    this.#readLog(null);
  }

  #onEvent(event) {
    if (event.type === "held") {
      const count = this.#root.querySelector("[data-held-count]");
      count.textContent = event.count;
      count.hidden = event.count === 0;
    } else if (event.type === "pending") {
      this.onPending({ ...event, type: "line", seq: event.line });
    }
    if (this.#dialog.open && (event.type === "held" || event.type === "log")) {
      this.#refresh();
    }
  }

  async #readHeld() {
    const { held } = await read(this.#urls("held"));
    const template = this.#dialog.querySelector("[data-template='held']");
    const items = held.map((one) => this.#heldItem(template, one));
    this.#dialog.querySelector("[data-held]").replaceChildren(...items);
    this.#dialog.querySelector("[data-held-none]").hidden = items.length > 0;
  }

  #heldItem(template, one) {
    const item = template.content.firstElementChild.cloneNode(true);
    item.querySelector("[data-name]").textContent = one.author.shown;
    item.querySelector("[data-text]").textContent = one.text;
    item.querySelector("[data-why]").textContent = `${one.room} · ${one.why}`;
    const decide = (allow) => this.#order("chat.decide", { held: one.id, allow }).finally(() => this.#readHeld());
    item.querySelector("[data-allow]").addEventListener("click", () => decide(true).catch(() => {}));
    item.querySelector("[data-refuse]").addEventListener("click", () => decide(false).catch(() => {}));
    return item;
  }

  async #readLog(before) {
    const { entries, has_more: hasMore } = await read(`${this.#urls("log")}${before ? `?before=${before}` : ""}`);
    const list = this.#dialog.querySelector("[data-deeds]");
    const items = entries.map((one) => itemOf(one.at, [one.by, one.did, ...wordsOf(one.facts)].filter(Boolean).join(" · ")));
    if (!before) {
      list.replaceChildren();
    }
    list.append(...items);
    this.#last = entries.at(-1)?.id ?? null;
    this.#dialog.querySelector("[data-deeds-more]").hidden = !hasMore;
    this.#dialog.querySelector("[data-deeds-none]").hidden = list.childElementCount > 0;
  }
}

function wordsOf(facts) {
  return Object.entries(facts)
    .filter(([, value]) => value !== "" && value !== null)
    .map(([name, value]) => (["user", "reason", "text", "room"].includes(name) ? value : `${name}: ${value}`));
}

async function read(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(8000), redirect: "error" });
  if (!response.ok) {
    throw new Error(`${url} answered ${response.status}`);
  }
  return response.json();
}
