const MOST = 8;

/** Completes slash commands in a field: a listbox above it, worked by arrows, Tab and Enter. */
export class CommandList {
  #field;
  #list;
  #commands;
  #chosen = -1;

  constructor(form, field) {
    this.#field = field;
    this.#list = form.querySelector("[data-complete]");
    this.#commands = JSON.parse(form.querySelector("#chat-commands").textContent);
  }

  connect(signal) {
    this.#field.addEventListener("input", () => this.#show(), { signal });
    this.#field.addEventListener("blur", () => this.#hide(), { signal });
    // Before the field loses its focus.
    this.#list.addEventListener("pointerdown", (event) => this.#onPointer(event), { signal });
  }

  /** Whether a key was meant for the list. */
  takes(event) {
    if (this.#list.hidden) {
      return false;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.#choose((this.#chosen + step + this.#list.childElementCount) % this.#list.childElementCount);
    } else if (event.key === "Escape") {
      this.#hide();
    } else if (event.key === "Tab" || (event.key === "Enter" && !this.#isWhole())) {
      this.#take(this.#list.children[Math.max(0, this.#chosen)]);
    } else {
      return false;
    }
    event.preventDefault();
    return true;
  }

  /** The dialog that a command typed without anything opens, if it has one. */
  opens(text) {
    const typed = text.trim().slice(1).toLowerCase();
    return text.startsWith("/") ? this.#commands.find(({ name }) => name === typed)?.opens || null : null;
  }

  #isWhole() {
    const typed = this.#field.value.trim().slice(1).toLowerCase();
    return this.#chosen < 0 && this.#commands.some(({ name }) => name === typed);
  }

  #show() {
    const match = /^\/([a-z]*)$/i.exec(this.#field.value);
    const found = match ? this.#commands.filter(({ name }) => name.startsWith(match[1].toLowerCase())) : [];
    this.#list.replaceChildren(...found.slice(0, MOST).map((command, index) => optionOf(command, index)));
    this.#list.hidden = found.length === 0;
    this.#choose(-1);
  }

  #hide() {
    this.#list.hidden = true;
    this.#choose(-1);
  }

  #choose(index) {
    this.#chosen = index;
    [...this.#list.children].forEach((option, at) => option.setAttribute("aria-selected", at === index));
    const option = this.#list.children[index];
    option?.scrollIntoView({ block: "nearest" });
    this.#field.setAttribute("aria-activedescendant", option?.id ?? "");
  }

  #onPointer(event) {
    const option = event.target.closest("[role='option']");
    if (option) {
      event.preventDefault();
      this.#take(option);
    }
  }

  #take(option) {
    this.#field.value = `/${option.dataset.name} `;
    this.#hide();
    this.#field.focus();
  }
}

function optionOf({ name, usage, about }, index) {
  const option = document.createElement("li");
  option.id = `chat-complete-${index}`;
  option.dataset.name = name;
  option.setAttribute("role", "option");
  const typed = document.createElement("code");
  typed.textContent = `/${name} ${usage}`.trim();
  const told = document.createElement("span");
  told.textContent = about;
  option.append(typed, " ", told);
  return option;
}
