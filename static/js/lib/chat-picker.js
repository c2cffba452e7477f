import { emoteOf } from "lib/chat-text";
import { EmojiData } from "lib/emoji-data";
import { stepInGrid } from "lib/grid-keys";
import { recall, remember } from "lib/recent-words";

const TONE_KEY = "estrade-emoji-tone";
const RECENT_KEY = "estrade-emoji-recent";
const FIRST = "first";

/**
 * Emotes and emoji to put into what one writes: the channel's own and those used lately first, then by category or by
 * name. `onPick(word)` gets the word with a space behind it.
 */
export class EmotePicker {
  #box;
  #button;
  #grid;
  #search;
  #tone;
  #emotes;
  #emoji;
  #onPick;
  #group = FIRST;

  constructor(form, onPick) {
    this.#box = form.querySelector("[data-picker]");
    this.#button = form.querySelector("[data-pick]");
    this.#grid = this.#box.querySelector("[data-grid]");
    this.#search = this.#box.querySelector("[data-search]");
    this.#tone = this.#box.querySelector("[data-tone]");
    this.#emotes = JSON.parse(form.querySelector("#chat-emotes").textContent);
    this.#emoji = new EmojiData(JSON.parse(form.querySelector("#chat-emoji").textContent));
    this.#onPick = onPick;
  }

  connect(signal) {
    const on = (target, type, handler) => target.addEventListener(type, handler, { signal });
    on(this.#button, "click", () => this.#toggle(this.#box.hidden));
    on(this.#box, "click", (event) => this.#onClick(event));
    on(this.#box, "keydown", (event) => this.#onKey(event));
    on(this.#search, "input", () => this.#draw());
    on(this.#tone, "change", () => {
      remember(TONE_KEY, [this.#tone.value]);
      this.#draw();
    });
  }

  async #toggle(isOpen) {
    this.#box.hidden = !isOpen;
    this.#button.setAttribute("aria-expanded", isOpen);
    if (!isOpen) {
      this.#button.focus();
      return;
    }
    this.#tone.value = recall(TONE_KEY)[0] ?? "0";
    this.#search.value = "";
    this.#draw();
    this.#search.focus();
    const state = this.#box.querySelector("[data-loading]");
    try {
      state.hidden = false;
      await this.#emoji.read();
      state.hidden = true;
      this.#draw();
    } catch {
      state.textContent = state.dataset.failed;
    }
  }

  #draw() {
    const typed = this.#search.value.trim();
    const parts = typed ? this.#found(typed) : this.#group === FIRST ? this.#first() : [[null, this.#ofGroup(Number(this.#group))]];
    this.#grid.replaceChildren(...parts.flatMap(([head, buttons]) => (buttons.length > 0 ? [head && headOf(head), ...buttons] : [])).filter(Boolean));
    this.#box.querySelector("[data-nothing]").hidden = !typed || this.#grid.childElementCount > 0;
    for (const tab of this.#box.querySelectorAll("[data-group]")) {
      tab.setAttribute("aria-pressed", !typed && tab.dataset.group === this.#group);
    }
    this.#grid.scrollTop = 0;
    this.#turnTo(this.#grid.querySelector("button"));
  }

  #first() {
    const { emotes, recent, emoji } = this.#box.dataset;
    const used = recall(RECENT_KEY).map((word) => this.#buttonFor(word)).filter(Boolean);
    return [[emotes, this.#emotes.map(emoteButton)], [recent, used], [emoji, this.#ofGroup(0)]];
  }

  #found(typed) {
    const wanted = typed.toLowerCase();
    const emotes = this.#emotes.filter(({ code }) => code.toLowerCase().includes(wanted));
    return [[null, [...emotes.map(emoteButton), ...this.#emoji.search(typed).map((one) => this.#emojiButton(one))]]];
  }

  #ofGroup(group) {
    return this.#emoji.of(group).map((one) => this.#emojiButton(one));
  }

  /** What was used lately: an emote of another channel is none here. */
  #buttonFor(word) {
    const emote = this.#emotes.find(({ code }) => code === word);
    const known = this.#emoji.find(word);
    return emote ? emoteButton(emote) : known ? buttonOf(word, word, known.annotation) : null;
  }

  #emojiButton({ emoji, annotation, skins }) {
    const toned = skins?.find(({ tone }) => tone === Number(this.#tone.value))?.emoji ?? emoji;
    return buttonOf(toned, toned, annotation);
  }

  #onClick(event) {
    const group = event.target.closest("[data-group]")?.dataset.group;
    if (group) {
      this.#group = group;
      this.#search.value = "";
      this.#draw();
    }
    const word = event.target.closest("[data-word]")?.dataset.word;
    if (word) {
      this.#pick(word);
    }
  }

  #pick(word) {
    remember(RECENT_KEY, [word, ...recall(RECENT_KEY).filter((one) => one !== word)]);
    this.#onPick(`${word} `);
  }

  #onKey(event) {
    const button = event.target.closest("[data-word]");
    if (event.key === "Escape") {
      this.#toggle(false);
    } else if (event.target === this.#search && event.key === "Enter") {
      this.#pickFirst();
    } else if (event.target === this.#search && event.key === "ArrowDown") {
      this.#grid.querySelector("button")?.focus();
    } else if (button && event.key.startsWith("Arrow")) {
      const next = stepInGrid(button, event.key);
      this.#turnTo(next);
      (next ?? (event.key === "ArrowUp" ? this.#search : button)).focus();
    } else {
      return;
    }
    event.preventDefault();
  }

  #pickFirst() {
    const word = this.#search.value.trim() && this.#grid.querySelector("[data-word]")?.dataset.word;
    if (word) {
      this.#pick(word);
    }
  }

  /** The grid is one stop for the Tab key. */
  #turnTo(button) {
    if (button) {
      this.#grid.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
      button.tabIndex = 0;
    }
  }
}

function emoteButton({ code, url }) {
  return buttonOf(code, emoteOf(code, url), code);
}

function buttonOf(word, content, name) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.word = word;
  button.title = name;
  button.tabIndex = -1;
  button.append(content);
  return button;
}

function headOf(text) {
  const head = document.createElement("h3");
  head.textContent = text;
  return head;
}
