/** The dialog in which a moderator asks the room something. */
export class PollForm {
  #dialog;
  #form;
  #order;

  constructor(root, order) {
    this.#dialog = root.querySelector("[data-dialog='poll']");
    this.#form = this.#dialog?.querySelector("form");
    this.#order = order;
  }

  connect(signal) {
    this.#form?.addEventListener("submit", (event) => this.#onSubmit(event), { signal });
    signal.addEventListener("abort", () => this.#dialog?.close());
  }

  open() {
    this.#fail("");
    this.#dialog?.showModal();
  }

  async #onSubmit(event) {
    if (event.submitter?.value === "cancel") {
      return;
    }
    event.preventDefault();
    const { question, seconds } = this.#form.elements;
    const options = [...this.#form.querySelectorAll("[name='option']")].map((field) => field.value.trim());
    const asked = { question: question.value, options: options.filter(Boolean), seconds: Number(seconds.value) };
    try {
      await this.#order("chat.poll", asked);
      this.#form.reset();
      this.#dialog.close();
    } catch (error) {
      this.#fail(error.code === "offline" ? this.#dialog.dataset.offline : error.message);
    }
  }

  #fail(text) {
    const note = this.#dialog?.querySelector("[data-poll-error]");
    if (note) {
      note.textContent = text;
      note.hidden = !text;
    }
  }
}
