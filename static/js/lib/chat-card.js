/** The user card: what moderators know of somebody, and what they can do about it. */
export class UserCard {
  #dialog;
  #url;
  #order;
  #name = "";

  constructor(root, url, order) {
    this.#dialog = root.querySelector("[data-dialog='card']");
    this.#url = url;
    this.#order = order;
  }

  connect(signal) {
    this.#dialog?.addEventListener("click", (event) => this.#onClick(event), { signal });
    this.#dialog?.querySelector("form").addEventListener("submit", (event) => event.preventDefault(), { signal });
    signal.addEventListener("abort", () => this.#dialog?.close());
  }

  async open(name) {
    this.#name = name;
    this.#notice("");
    this.#part("name").textContent = name;
    this.#dialog.showModal();
    await this.#refresh();
  }

  async #refresh() {
    const response = await fetch(`${this.#url()}?user=${encodeURIComponent(this.#name)}`, { signal: AbortSignal.timeout(8000) });
    if (response.ok) {
      this.#show(await response.json());
    }
  }

  #show(card) {
    this.#part("name").textContent = card.shown === card.name ? card.name : `${card.shown} (${card.name})`;
    this.#part("profile").href = `/users/${encodeURIComponent(card.name)}`;
    this.#part("joined").textContent = new Date(card.joined_at).toLocaleDateString();
    this.#list("sanctions", card.sanctions, (one) => `${one.kind} · ${one.by} · ${one.reason}`);
    this.#list("notes", card.notes, (one) => `${one.by}: ${one.text}`);
    this.#list("messages", card.messages, (one) => one.text, (one) => one.is_gone);
  }

  #list(name, rows, describe, isGone = () => false) {
    const none = document.createElement("li");
    none.className = "muted";
    none.textContent = this.#part("none").textContent;
    const items = rows.map((row) => itemOf(row.at, describe(row), isGone(row)));
    this.#part(name).replaceChildren(...(items.length > 0 ? items : [none]));
  }

  async #onClick(event) {
    const act = event.target.closest("[data-card-act]")?.dataset.cardAct;
    if (!act) {
      return;
    }
    const { reason, seconds } = this.#dialog.querySelector("form").elements;
    const payload = { user: this.#name, reason: reason.value, text: reason.value };
    try {
      await this.#order(`chat.${act}`, act === "timeout" ? { ...payload, seconds: Number(seconds.value) } : payload);
      reason.value = "";
      this.#notice("✓");
      await this.#refresh();
    } catch (error) {
      this.#notice(error.message);
    }
  }

  #notice(text) {
    const notice = this.#part("notice");
    notice.textContent = text;
    notice.hidden = !text;
  }

  #part(name) {
    return this.#dialog.querySelector(`[data-card-${name}]`);
  }
}

/** An entry with its time; what is gone is struck through. */
export function itemOf(at, text, isGone = false) {
  const item = document.createElement("li");
  const time = document.createElement("time");
  time.dateTime = at;
  time.textContent = new Date(at).toLocaleString([], { dateStyle: "short", timeStyle: "short" });
  const said = document.createElement(isGone ? "s" : "span");
  said.textContent = text;
  item.append(time, " ", said);
  return item;
}
