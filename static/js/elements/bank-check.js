import { authenticate, openGateway } from "lib/card-gateway";

/** <bank-check script key secret> around a form: the bank asks first, then the form has the server look. */
class BankCheck extends HTMLElement {
  #listening;

  connectedCallback() {
    const { signal } = (this.#listening = new AbortController());
    this.querySelector("form").addEventListener("submit", (event) => this.#onSubmit(event), { signal });
  }

  disconnectedCallback() {
    this.#listening.abort();
  }

  async #onSubmit(event) {
    event.preventDefault();
    const form = event.target;
    form.querySelector("button").disabled = true;
    try {
      await authenticate(await openGateway(this.getAttribute("script"), this.getAttribute("key")), this.getAttribute("secret"));
    } finally {
      // The server asks the gateway how it stands, whatever the bank said here.
      form.submit();
    }
  }
}

customElements.define("bank-check", BankCheck);
