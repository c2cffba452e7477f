import { emoteOf } from "lib/chat-text";

/* Faces, gestures, hearts, what one celebrates with, animals, food, things, signs. */
const EMOJI =
  "😀 😁 😂 🤣 😊 😇 🙂 😉 😍 🥰 😘 😋 😜 🤪 🤔 🤨 😐 😏 🙄 😬 😴 🤤 😎 🤓 🥳 😢 😭 😱 😡 🤯 🥺 🤗 🤭 🫡 🤡 👻 💀 🤖 " +
  "👍 👎 👏 🙌 🙏 👋 🤝 💪 ✌️ 🤞 👌 🫶 👀 ❤️ 🧡 💛 💚 💙 💜 🖤 💔 💯 🔥 ✨ 🎉 🎊 🏆 🥇 🎮 🎲 🎯 🎵 🎸 🎤 🎬 📷 💻 " +
  "🐶 🐱 🦊 🐻 🐼 🐸 🐧 🦄 🐝 🌍 🌙 ⭐ ☀️ 🌈 ❄️ 🌸 🍀 🌲 🍎 🍕 🍔 🍟 🍿 🍩 🍪 🍫 🍦 ☕ 🍵 🍺 🥂 🚀 🚗 🚲 ✈️ ⏰ 💡 💰 📌 ✅ ❌ ❓ ❗";

/** Emotes and emoji to put into what one writes. `onPick(word)` gets the word with a space behind it. */
export class EmotePicker {
  #box;
  #button;
  #emotes;
  #onPick;

  constructor(form, onPick) {
    this.#box = form.querySelector("[data-picker]");
    this.#button = form.querySelector("[data-pick]");
    this.#emotes = JSON.parse(form.querySelector("#chat-emotes").textContent);
    this.#onPick = onPick;
  }

  connect(signal) {
    this.#button.addEventListener("click", () => this.#toggle(this.#box.hidden), { signal });
    this.#box.addEventListener("click", (event) => this.#onClick(event), { signal });
    this.#box.addEventListener("keydown", (event) => event.key === "Escape" && this.#toggle(false), { signal });
  }

  #toggle(isOpen) {
    if (isOpen && this.#box.childElementCount === 0) {
      this.#fill();
    }
    this.#box.hidden = !isOpen;
    this.#button.setAttribute("aria-expanded", isOpen);
    (isOpen ? this.#box.querySelector("button") : this.#button).focus();
  }

  #fill() {
    if (this.#emotes.length > 0) {
      this.#box.append(headOf(this.#box.dataset.emotes), ...this.#emotes.map(({ code, url }) => buttonOf(code, emoteOf(code, url))));
    }
    this.#box.append(headOf(this.#box.dataset.emoji), ...EMOJI.split(" ").map((emoji) => buttonOf(emoji, emoji)));
  }

  #onClick(event) {
    const word = event.target.closest("[data-word]")?.dataset.word;
    if (word) {
      this.#onPick(`${word} `);
    }
  }
}

function buttonOf(word, content) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.word = word;
  button.append(content);
  return button;
}

function headOf(text) {
  const head = document.createElement("h3");
  head.textContent = text;
  return head;
}
