/**
 * <zoned-time field="starts_at"> around a form with a datetime-local of that name, or of several: the server speaks UTC,
 * the reader sees and enters their own zone. A `data-zone` says which, as the <template> has it with the zone in its `data-name`.
 */
class ZonedTime extends HTMLElement {
  #listening;

  connectedCallback() {
    const names = this.getAttribute("field").split(" ");
    const inputs = names.map((name) => this.querySelector(`[name="${name}"]`));
    const { signal } = (this.#listening = new AbortController());
    for (const input of this.hasAttribute("shown") ? [] : inputs.filter(({ value }) => value)) {
      input.value = localText(new Date(`${input.value}Z`));
    }
    this.toggleAttribute("shown", true);
    const note = this.querySelector("[data-zone]");
    note.replaceChildren(this.querySelector("template").content.cloneNode(true));
    note.querySelector("[data-name]").textContent = Intl.DateTimeFormat().resolvedOptions().timeZone;
    this.querySelector("form").addEventListener("formdata", (event) => inputs.forEach((input) => this.#complete(event, input)), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  #complete(event, input) {
    const at = new Date(input.value);
    if (!Number.isNaN(at.getTime())) {
      event.formData.set(input.name, at.toISOString());
    }
  }
}

/** As datetime-local wants it. */
function localText(at) {
  const two = (n) => String(n).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

customElements.define("zoned-time", ZonedTime);
