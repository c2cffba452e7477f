/** <overlay-options> around fields with data-option, an overlay that shows a sample, and the address they make. */
class OverlayOptions extends HTMLElement {
  #listening;
  #address = null;

  connectedCallback() {
    const { signal } = (this.#listening = new AbortController());
    this.#address ??= this.querySelector("[data-address]").value;
    this.addEventListener("change", () => this.#show(), { signal });
    this.#show();
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #show() {
    const url = new URL(this.#address);
    const sample = this.querySelector("chat-overlay");
    for (const field of this.querySelectorAll("[data-option]")) {
      const name = field.dataset.option;
      const attribute = name.replace("_", "-");
      if (field.type === "checkbox") {
        sample.toggleAttribute(attribute, field.checked);
      } else if (sample.getAttribute(attribute) !== field.value) {
        sample.setAttribute(attribute, field.value);
      }
      const value = field.type === "checkbox" ? (field.checked ? "1" : "") : field.value;
      if (value) {
        url.searchParams.set(name, value);
      }
    }
    this.querySelector("[data-address]").value = url.href;
  }
}

customElements.define("overlay-options", OverlayOptions);
