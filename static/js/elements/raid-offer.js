import { clock } from "lib/figures";
import { visit } from "lib/navigation";
import { socket } from "lib/socket";

const SECOND_MS = 1000;
/** Two thousand viewers don't knock at one door in the same moment. */
const SPREAD_MS = 2000;

/**
 * <raid-offer channel="7"> around what is shown while the channel's viewers are offered another channel, and after: parts
 * with `data-when` ("counting", "sent", "none"), `data-name`, `data-title`, `data-left`, links with `data-go`.
 *
 * A page goes there by itself at the end of the countdown when its viewer looks at it, isn't writing, hasn't said that
 * they stay and needs no consent. All others have the link. With `stays` it never goes: that is the crew's own page.
 */
class RaidOffer extends HTMLElement {
  #leave;
  #raid = null;
  #offered = null;
  #stayed = null;
  #until = 0;
  #timer = 0;
  #listening;

  connectedCallback() {
    this.#leave = socket.subscribe(`chat.channel.${this.getAttribute("channel")}`, (event) => this.#onEvent(event));
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("click", (event) => event.target.closest("[data-stay]") && this.#stay(), { signal });
    this.addEventListener("submit", (event) => this.#onSubmit(event), { signal });
  }

  disconnectedCallback() {
    this.#leave();
    this.#listening.abort();
    clearTimeout(this.#timer);
  }

  #onEvent(event) {
    if (event.type === "raid") {
      clearTimeout(this.#timer);
      this.#raid = event.raid && event.state !== "cancelled" && event.raid !== this.#stayed ? event : null;
      this.#show();
      if (this.#raid?.state === "counting") {
        this.#offered = event.raid;
        this.#until = performance.now() + event.left_s * SECOND_MS;
        this.#tick();
      } else if (this.#raid && this.#offered === event.raid && this.#mayGo()) {
        this.#timer = setTimeout(() => this.#mayGo() && visit(this.#raid.url), Math.random() * SPREAD_MS);
      }
    }
  }

  #mayGo() {
    const isWriting = [...document.querySelectorAll("[data-composer] textarea")].some(
      (field) => field.value !== "" || field === document.activeElement,
    );
    return !this.hasAttribute("stays") && !document.hidden && !isWriting && !this.#raid.is_mature;
  }

  #show() {
    const state = this.#raid?.state ?? "none";
    const parts = [...this.querySelectorAll("[data-when]")];
    const focused = this.contains(document.activeElement) ? document.activeElement : null;
    for (const part of parts) {
      part.hidden = !part.dataset.when.split(" ").includes(state);
    }
    this.hidden = parts.every((part) => part.hidden);
    if (focused?.closest("[data-when]")?.hidden) {
      [...this.querySelectorAll("a, button, input")].find((one) => one.checkVisibility())?.focus();
    }
    this.#fail("");
    if (!this.#raid) {
      return;
    }
    const { name, title, url, is_mature: isMature } = this.#raid;
    this.querySelectorAll("[data-name]").forEach((part) => (part.textContent = `@${name}`));
    this.querySelectorAll("[data-title]").forEach((part) => (part.textContent = title));
    this.querySelectorAll("[data-go]").forEach((link) => (link.href = url));
    this.querySelectorAll("[data-mature]").forEach((part) => (part.hidden = !isMature));
  }

  #tick() {
    const leftMs = Math.max(0, this.#until - performance.now());
    this.querySelector("[data-left]").textContent = clock(Math.ceil(leftMs / SECOND_MS));
    if (leftMs > 0) {
      this.#timer = setTimeout(() => this.#tick(), leftMs % SECOND_MS || SECOND_MS);
    }
  }

  #stay() {
    this.#stayed = this.#raid?.raid ?? null;
    clearTimeout(this.#timer);
    this.#raid = null;
    this.#show();
  }

  async #onSubmit(event) {
    const form = event.target.closest("[data-command]");
    if (!form) {
      return;
    }
    event.preventDefault();
    this.#fail("");
    const target = form.elements.target?.value;
    try {
      await socket.send(form.dataset.command, { channel: Number(this.getAttribute("channel")), target });
      form.reset();
    } catch (error) {
      if (error.code === "offline") {
        form.submit();
      } else {
        this.#fail(error.message);
      }
    }
  }

  #fail(text) {
    const note = this.querySelector("[data-error]");
    note.textContent = text;
    note.hidden = !text;
  }
}

customElements.define("raid-offer", RaidOffer);
