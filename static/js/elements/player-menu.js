import { playerOf } from "lib/player-of";

/**
 * <player-menu> inside a player: a button and its menu of qualities, with a <template> for one quality.
 *
 * The menu follows the ARIA menu-button pattern: arrows move, Enter chooses, Escape closes and gives the focus back.
 */
class PlayerMenu extends HTMLElement {
  #player;
  #button;
  #menu;
  #listening;

  async connectedCallback() {
    this.#player = await playerOf(this);
    if (!this.#player || this.#listening) {
      return;
    }
    this.#button = this.querySelector("button");
    this.#menu = this.querySelector("[role=menu]");
    const { signal } = (this.#listening = new AbortController());
    const on = (target, type, handler) => target.addEventListener(type, handler, { signal });
    on(this.#button, "click", () => (this.#menu.hidden ? this.#open() : this.#close()));
    on(this.#menu, "click", (event) => this.#choose(event.target.closest("[role^=menuitem]")));
    on(this, "keydown", (event) => this.#onKey(event));
    on(document, "pointerdown", (event) => !event.composedPath().includes(this) && this.#close({ focus: false }));
    on(this, "focusout", (event) => !this.contains(event.relatedTarget) && this.#close({ focus: false }));
    on(this.#player, "levels", () => this.#render());
    this.#render();
  }

  disconnectedCallback() {
    this.#listening?.abort();
    this.#listening = null;
  }

  get #items() {
    return [...this.#menu.querySelectorAll("[role^=menuitem]:not([hidden])")];
  }

  #open() {
    this.#render();
    this.#menu.hidden = false;
    this.#keepControls(true);
    this.#button.setAttribute("aria-expanded", "true");
    (this.#items.find((item) => item.ariaChecked === "true") ?? this.#items[0])?.focus();
  }

  #close({ focus = true } = {}) {
    if (this.#menu.hidden) {
      return;
    }
    this.#menu.hidden = true;
    this.#keepControls(false);
    this.#button.setAttribute("aria-expanded", "false");
    if (focus) {
      this.#button.focus();
    }
  }

  /** The controls stay while their menu is open. */
  #keepControls(keep) {
    const controller = this.closest("media-controller");
    controller.dataset.autohide ??= controller.getAttribute("autohide");
    controller.setAttribute("autohide", keep ? "-1" : controller.dataset.autohide);
  }

  #onKey(event) {
    if (this.#menu.hidden) {
      return;
    }
    const items = this.#items;
    const at = items.indexOf(document.activeElement);
    const targets = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
    if (event.key in targets) {
      items.at(targets[event.key] % items.length).focus();
    } else if (event.key === "Escape") {
      this.#close();
    } else if (event.key === "Enter" || event.key === " ") {
      this.#choose(document.activeElement);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  #choose(item) {
    if (!item) {
      return;
    }
    this.#close();
    if (item.dataset.quality) {
      this.#player.playback.setQuality(item.dataset.quality);
    } else {
      this.#player.dispatchEvent(new Event(item.dataset.command));
    }
  }

  /** One item a level, best first, between "Auto" and "Audio only". */
  #render() {
    const { playback } = this.#player;
    const list = this.#menu.querySelector("[data-levels]");
    const labels = new Map(playback.levels.map(({ label }, index) => [String(index), label]).reverse());
    const audio = list.querySelector("[data-quality=audio]");
    const shown = [...list.querySelectorAll("[data-level]")];
    // What is there already stays, with the focus that may be on it.
    if (shown.map((item) => item.dataset.label).join() !== [...labels.values()].join()) {
      shown.forEach((item) => item.remove());
      audio.before(...[...labels].map(([quality, label]) => this.#makeItem(quality, label)));
    }
    audio.hidden = !playback.hasAudioOnly;
    this.#mark(labels);
  }

  #makeItem(quality, label) {
    const item = this.querySelector("template").content.firstElementChild.cloneNode(true);
    item.dataset.quality = quality;
    item.dataset.label = label;
    item.prepend(label);
    item.querySelector("[data-source]").hidden = !this.#player.playback.levels[Number(quality)].isSource;
    return item;
  }

  #mark(labels) {
    const { playback } = this.#player;
    for (const item of this.#menu.querySelectorAll("[data-quality]")) {
      item.ariaChecked = String(item.dataset.quality === playback.quality);
    }
    const now = playback.quality === "auto" ? labels.get(String(playback.hls?.currentLevel)) : null;
    this.#menu.querySelector("[data-auto-level]").textContent = now ?? "";
  }
}

customElements.define("player-menu", PlayerMenu);
