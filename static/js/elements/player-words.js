import { clock } from "lib/figures";

const SPOKEN = ["aria-label", "aria-valuetext", "aria-description"];

/**
 * <player-words hidden> in a <media-controller>: what its controls are called in the language of the page. media-chrome
 * speaks English; a child's `data-of` is what it says there. The child with `data-time` says how far one is, with {now}
 * and {all} in it.
 */
class PlayerWords extends HTMLElement {
  #words = new Map();
  #watching = new MutationObserver((changes) => changes.forEach(({ target }) => this.#speak(target)));

  async connectedCallback() {
    await customElements.whenDefined("media-controller");
    const controller = this.closest("media-controller");
    if (!controller) {
      return;
    }
    this.#words = new Map([...this.querySelectorAll("[data-of]")].map((word) => [word.dataset.of, word.textContent]));
    this.#speak(controller);
    for (const root of [controller, ...shadowsIn(controller)]) {
      this.#watching.observe(root, { attributes: true, subtree: true, attributeFilter: SPOKEN });
      root.querySelectorAll("[aria-label], [aria-description], #status").forEach((element) => this.#speak(element));
    }
  }

  disconnectedCallback() {
    this.#watching.disconnect();
  }

  #speak(element) {
    if (element.id === "status") {
      element.textContent = this.#words.get(element.textContent) ?? element.textContent;
    }
    const label = this.#words.get(element.ariaLabel);
    if (label && label !== element.ariaLabel) {
      element.ariaLabel = label;
    }
    const display = element.closest?.("media-time-display");
    const range = element.getRootNode().host;
    if (display) {
      this.#tell(display, "aria-description", display.mediaCurrentTime, display.mediaDuration);
    } else if (range?.localName === "media-time-range") {
      this.#tell(element, "aria-valuetext", range.mediaCurrentTime, range.mediaSeekableEnd);
    }
  }

  #tell(element, attribute, now, all) {
    const text = this.querySelector("[data-time]").textContent;
    const said = text.replace("{now}", clock(now || 0)).replace("{all}", clock(all || 0));
    if (element.getAttribute(attribute) !== said) {
      element.setAttribute(attribute, said);
    }
  }
}

/** The insides of the controls that name parts of their own. */
function shadowsIn(controller) {
  const controls = controller.querySelectorAll("media-volume-range, media-time-range, media-loading-indicator");
  return [...controls].map((control) => control.shadowRoot).filter(Boolean);
}

customElements.define("player-words", PlayerWords);
