import { socket } from "lib/socket";

/** The rooms to switch between, with a mark where something was said since. `onChoose(room)`, `onChange()`. */
export class RoomSwitcher {
  onChoose = () => {};
  onChange = () => {};
  #box;
  #rooms = [];
  #unread = new Set();
  #room = null;

  constructor(root) {
    this.#box = root.querySelector("[data-rooms]");
  }

  connect(signal, channel) {
    const leave = [`chat.channel.${channel}`, `chat.crew.${channel}`].map((topic, index) =>
      index === 0 || this.#box.closest("chat-room").querySelector("[data-dialog='crew']")
        ? socket.subscribe(topic, (event) => this.#onEvent(event))
        : () => {},
    );
    this.#box.addEventListener("click", (event) => this.#onClick(event), { signal });
    signal.addEventListener("abort", () => leave.forEach((one) => one()));
  }

  show(rooms, room) {
    this.#rooms = rooms;
    this.#room = room;
    this.#unread.delete(room);
    this.#draw();
  }

  #draw() {
    this.#box.hidden = this.#rooms.length < 2;
    this.#box.replaceChildren(...this.#rooms.map((room) => this.#buttonOf(room)));
  }

  #buttonOf({ room, name, is_open: isOpen }) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.room = room;
    button.textContent = name;
    button.setAttribute("aria-pressed", room === this.#room);
    const mark = this.#unread.has(room) ? this.#box.dataset.unread : isOpen ? "" : this.#box.dataset.locked;
    button.classList.toggle("is-unread", this.#unread.has(room));
    button.classList.toggle("is-locked", !isOpen);
    if (mark) {
      const said = document.createElement("span");
      said.className = "visually-hidden";
      said.textContent = ` (${mark})`;
      button.append(said);
    }
    return button;
  }

  #onClick(event) {
    const room = Number(event.target.closest("button")?.dataset.room);
    if (room && room !== this.#room) {
      this.onChoose(room);
    }
  }

  #onEvent(event) {
    if (event.type === "rooms") {
      this.onChange();
    } else if (event.type === "stirred" && event.room !== this.#room && !this.#unread.has(event.room)) {
      this.#unread.add(event.room);
      this.#draw();
    }
  }
}
