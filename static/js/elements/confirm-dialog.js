/** <confirm-dialog id="x"> around a <dialog>: asks before a form with data-confirm="x" is sent. */
class ConfirmDialog extends HTMLElement {
  #dialog;

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
      this.#dialog.returnValue = "";
      this.#dialog.showModal();
    }
  };

  #onClose = () => {
    if (this.#dialog.returnValue === "confirm") {
      // Looked up again: a panel that refreshes itself may have put a new form in the old one's place. submit()
      // asks nobody; requestSubmit() would ask again.
      document.querySelector(`form[data-confirm="${this.id}"]`)?.submit();
    }
  };
}

customElements.define("confirm-dialog", ConfirmDialog);
