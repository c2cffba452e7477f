import { copyText } from "lib/clipboard";

const SAY_COPIED_MS = 2000;

/**
 * <copy-field> around an <input readonly> and a button with data-copy.
 *
 * With `src` and `field` the value is a secret: it isn't in the page until a button with data-reveal asks for it by
 * POST, and copying it doesn't show it.
 */
class CopyField extends HTMLElement {
  #listening;

  connectedCallback() {
    const { signal } = (this.#listening = new AbortController());
    this.querySelector("[data-copy]").addEventListener("click", (event) => this.#copy(event.currentTarget), { signal });
    this.querySelector("form")?.addEventListener("submit", (event) => this.#toggle(event), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  get #input() {
    return this.querySelector("input:not([type=hidden])");
  }

  async #copy(button) {
    const value = this.#input.value || (await this.#fetch());
    if (value && (await copyText(value))) {
      const label = button.querySelector("[data-label]");
      const before = (label.dataset.before ??= label.textContent);
      label.textContent = label.dataset.done;
      setTimeout(() => (label.textContent = before), SAY_COPIED_MS);
    }
  }

  async #toggle(event) {
    event.preventDefault();
    const value = this.#input.value ? "" : await this.#fetch();
    this.#input.value = value;
    const label = this.querySelector("[data-reveal] [data-label]");
    label.dataset.before ??= label.textContent;
    label.textContent = value ? label.dataset.shown : label.dataset.before;
  }

  async #fetch() {
    try {
      const response = await fetch(this.getAttribute("src"), {
        method: "POST",
        headers: {
          Accept: "application/json",
          "X-CSRFToken": this.querySelector("[name=csrfmiddlewaretoken]").value,
        },
      });
      return response.ok ? (await response.json())[this.getAttribute("field")] : "";
    } catch {
      return "";
    }
  }
}

customElements.define("copy-field", CopyField);
