/** The menu of a line: one for the whole log, moved to the line whose button was pressed. `onAct(act, line)` does it. */
export class LineMenu {
  #root;
  #menu;
  #onAct;
  #button = null;

  constructor(root, onAct) {
    this.#root = root;
    this.#menu = root.querySelector("[data-menu]");
    this.#onAct = onAct;
  }

  connect(signal) {
    this.#root.addEventListener("click", (event) => this.#onClick(event), { signal });
    this.#menu.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    document.addEventListener("click", (event) => this.#root.contains(event.target) || this.close(), { signal });
    signal.addEventListener("abort", () => this.close());
  }

  close() {
    this.#menu.hidden = true;
    this.#button?.setAttribute("aria-expanded", "false");
    this.#button = null;
  }

  #onClick(event) {
    const button = event.target.closest("[data-line-menu]");
    const act = event.target.closest("[data-act]");
    if (button && button !== this.#button) {
      this.#open(button);
    } else if (act && this.#button) {
      const line = lineOf(this.#button.closest(".line"));
      if (act.dataset.act !== "report") {
        event.preventDefault();
      }
      const opener = this.#button;
      this.close();
      opener.focus();
      this.#onAct(act.dataset.act, line);
    } else {
      this.close();
    }
  }

  #open(button) {
    this.close();
    this.#button = button;
    const line = lineOf(button.closest(".line"));
    const report = this.#menu.querySelector("[data-act='report']");
    if (report) {
      report.href = `${this.#root.getAttribute("report-url")}${this.#root.dataset.room}-${line.seq}`;
    }
    this.#menu.hidden = false;
    const box = this.#root.getBoundingClientRect();
    const at = button.getBoundingClientRect();
    const below = at.bottom - box.top;
    const fits = below + this.#menu.offsetHeight < box.height;
    this.#menu.style.insetBlockStart = `${Math.max(0, fits ? below : at.top - box.top - this.#menu.offsetHeight)}px`;
    button.setAttribute("aria-expanded", "true");
    this.#items()[0].focus();
  }

  #items() {
    return [...this.#menu.querySelectorAll("[data-act]")];
  }

  #onKey(event) {
    const items = this.#items();
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      items[(to + items.length) % items.length].focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      const button = this.#button;
      this.close();
      button?.focus();
    }
  }
}

/** What a menu needs to know of the line it is about. */
export function lineOf(element) {
  const text = element.querySelector("[data-text]").textContent;
  const { seq, author, authorId } = element.dataset;
  return { seq: Number(seq), name: author, authorId, shown: element.querySelector(".line__name").textContent, text };
}
