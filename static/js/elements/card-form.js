import { openGateway, saveCard } from "lib/card-gateway";

/**
 * <card-form script key start> around a form with a [data-card] that the gateway's script fills: the number never passes
 * through this page's own code. Sends the form once the card is saved.
 */
class CardForm extends HTMLElement {
  #gateway;
  #card;
  #listening;

  async connectedCallback() {
    const { signal } = (this.#listening = new AbortController());
    this.#form.addEventListener("submit", (event) => this.#onSubmit(event), { signal });
    try {
      this.#gateway = await openGateway(this.getAttribute("script"), this.getAttribute("key"));
      if (!signal.aborted) {
        this.#mount();
      }
    } catch {
      this.#say("unreachable");
    }
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#card?.destroy();
  }

  get #form() {
    return this.querySelector("form");
  }

  get #button() {
    return this.#form.querySelector("button");
  }

  #mount() {
    const { color, fontFamily } = getComputedStyle(this);
    this.#card = this.#gateway.elements().create("card", { style: { base: { color, fontFamily, fontSize: "16px" } } });
    this.#card.mount(this.querySelector("[data-card]"));
    this.#button.disabled = false;
  }

  async #onSubmit(event) {
    event.preventDefault();
    this.#button.disabled = true;
    this.querySelector("[data-error]").hidden = true;
    try {
      this.#form.elements.setup.value = await saveCard(this.#gateway, await this.#start(), this.#card);
      // submit() asks nobody, where requestSubmit() would come here again.
      this.#form.submit();
    } catch (error) {
      this.#say(error.told ?? "failed");
      this.#button.disabled = false;
    }
  }

  async #start() {
    const response = await fetch(this.getAttribute("start"), {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": this.#form.elements.csrfmiddlewaretoken.value },
      signal: AbortSignal.timeout(20000),
    });
    if (!response.ok) {
      throw Object.assign(new Error(`${response.status}`), { told: "unreachable" });
    }
    return (await response.json()).client_secret;
  }

  #say(name) {
    const place = this.querySelector("[data-error]");
    place.textContent = this.querySelector(`template[data-text="${name}"]`).content.textContent;
    place.hidden = false;
  }
}

customElements.define("card-form", CardForm);
