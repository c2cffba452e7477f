/** <confirm-dialog id="x"> around a <dialog>: asks before a form with data-confirm="x" is sent. */
class ConfirmDialog extends HTMLElement {
  #dialog;
  #form = null;

  connectedCallback() {
    this.#dialog = this.querySelector("dialog");
    this.#dialog.addEventListener("close", this.#onClose);
    document.addEventListener("submit", this.#onSubmit);
  }

  disconnectedCallback() {
    this.#dialog.removeEventListener("close", this.#onClose);
    document.removeEventListener("submit", this.#onSubmit);
  }

  #onSubmit = (event) => {
    if (event.target.dataset.confirm === this.id) {
      event.preventDefault();
      this.#form = event.target;
      this.#dialog.returnValue = "";
      this.#dialog.showModal();
    }
  };

  #onClose = () => {
    if (this.#dialog.returnValue === "confirm") {
      // submit() asks nobody; requestSubmit() would ask again.
      this.#form?.submit();
    }
    this.#form = null;
  };
}

customElements.define("confirm-dialog", ConfirmDialog);
