/** The dialog that lists whom a reader hides, to see them again. `onShow(person)` when one is wanted back. */
export class HiddenList {
  onShow = () => {};
  #dialog;
  #people;

  constructor(root, people) {
    this.#dialog = root.querySelector("[data-dialog='hidden']");
    this.#people = people;
  }

  connect(signal) {
    this.#dialog.addEventListener("click", (event) => this.#onClick(event), { signal });
    signal.addEventListener("abort", () => this.#dialog.close());
  }

  open() {
    this.#draw();
    this.#dialog.showModal();
  }

  #draw() {
    const template = this.#dialog.querySelector("template").content.firstElementChild;
    const items = this.#people.all.map((person) => itemOf(template.cloneNode(true), person));
    this.#dialog.querySelector("[data-hidden]").replaceChildren(...items);
    this.#dialog.querySelector("[data-hidden-none]").hidden = items.length > 0;
  }

  #onClick(event) {
    const id = event.target.closest("[data-show]")?.dataset.show;
    const person = this.#people.all.find((one) => String(one.id) === id);
    if (person) {
      this.onShow(person);
      this.#draw();
      this.#dialog.querySelector("[data-show], [data-close]").focus();
    }
  }
}

function itemOf(item, { id, name, shown }) {
  item.querySelector("[data-name]").textContent = shown === name ? name : `${shown} (${name})`;
  item.querySelector("[data-show]").dataset.show = id;
  return item;
}
