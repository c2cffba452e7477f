import { subscribersOnly } from "lib/chat-restriction";

const NUMBERS = ["slow_s", "followers_only_min", "delay_s"];

/** What is in force, as chips above the composer and, for moderators, as switches and a form. */
export class ModesPanel {
  #root;
  #texts;
  #order;
  #modes = null;

  /** `order(command, payload)` has something done in the room that is open. */
  constructor(root, texts, order) {
    this.#root = root;
    this.#texts = texts;
    this.#order = order;
  }

  connect(signal) {
    const form = this.#root.querySelector("[data-modes-form]");
    form?.addEventListener("change", (event) => this.#onChange(event.target), { signal });
    form?.querySelector("[data-clear]").addEventListener("click", () => this.#send("chat.clear", {}), { signal });
    for (const button of this.#root.querySelectorAll("[data-toggle]")) {
      button.addEventListener("click", () => this.#onToggle(button), { signal });
    }
    this.#root.querySelector("[data-unpin]")?.addEventListener("click", () => this.#send("chat.unpin", {}), { signal });
  }

  show(modes) {
    this.#modes = modes;
    const chips = this.#root.querySelector("[data-modes]");
    chips.replaceChildren(...this.#chips(modes).map((text) => Object.assign(document.createElement("span"), { className: "chip", textContent: text })));
    chips.hidden = chips.childElementCount === 0;
    this.#showPin(modes.pinned);
    this.#showSwitches(modes);
  }

  #chips(modes) {
    const length = (seconds) => this.#texts.length(seconds);
    const until = modes.subscribers_only_until && new Date(modes.subscribers_only_until);
    const time = until?.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const followers = modes.followers_only_min ?? (modes.write_by === "followers" ? modes.write_follow_min : null);
    const isSubscribers = subscribersOnly(modes) || modes.write_by === "subscribers";
    return [
      modes.is_raid_defended && this.#texts.get("mode-shield"),
      modes.write_by === "moderators" && this.#texts.get("mode-moderators"),
      isSubscribers && this.#texts.get(until ? "mode-subscribers-until" : "mode-subscribers", { time }),
      followers === 0 && this.#texts.get("mode-followers"),
      followers > 0 && this.#texts.get("mode-followers-min", { time: length(followers * 60) }),
      modes.slow_s > 0 && this.#texts.get("mode-slow", { time: length(modes.slow_s) }),
      modes.is_emote_only && this.#texts.get("mode-emotes"),
      modes.is_unique && this.#texts.get("mode-unique"),
      modes.delay_s > 0 && this.#texts.get("mode-delay", { time: length(modes.delay_s) }),
    ].filter(Boolean);
  }

  #showPin(pinned) {
    const box = this.#root.querySelector("[data-pin]");
    box.hidden = !pinned || Date.parse(pinned.until) <= Date.now();
    box.querySelector("[data-pin-name]").textContent = pinned?.name ?? "";
    box.querySelector("[data-pin-text]").textContent = pinned?.text ?? "";
  }

  #showSwitches(modes) {
    for (const button of this.#root.querySelectorAll("[data-toggle]")) {
      const isOn = button.dataset.toggle === "subscribers_only" ? subscribersOnly(modes) : modes[button.dataset.toggle];
      button.setAttribute("aria-pressed", isOn);
    }
    const form = this.#root.querySelector("[data-modes-form]");
    for (const field of form?.elements ?? []) {
      if (field.type === "checkbox") {
        field.checked = modes[field.name];
      } else if (field.name && field.name in modes) {
        setValue(field, String(modes[field.name] ?? ""));
      }
    }
  }

  #onToggle(button) {
    const isOn = button.getAttribute("aria-pressed") === "true";
    const name = button.dataset.toggle;
    const value = name === "subscribers_only" ? (isOn ? "" : "all") : !isOn;
    this.#send("chat.modes", { changes: { [name]: value } });
  }

  #onChange(field) {
    const { form } = field;
    const changes = {};
    if (field.name === "subscribers_only" || field.name === "minutes") {
      changes.subscribers_only = form.elements.subscribers_only.value;
      if (changes.subscribers_only && form.elements.minutes.value) {
        changes.minutes = Number(form.elements.minutes.value);
      }
    } else {
      changes[field.name] = valueOf(field);
    }
    this.#send("chat.modes", { changes });
  }

  async #send(command, payload) {
    const note = this.#root.querySelector("[data-modes-error]");
    note.hidden = true;
    try {
      await this.#order(command, payload);
    } catch (error) {
      note.textContent = error.message;
      note.hidden = false;
      this.show(this.#modes);
    }
  }
}

function valueOf(field) {
  if (field.type === "checkbox") {
    return field.checked;
  }
  if (NUMBERS.includes(field.name)) {
    return field.value === "" ? null : Number(field.value);
  }
  return field.value;
}

/** A value that was typed as a command may be none of those the list offers. */
function setValue(field, value) {
  if (field.options && ![...field.options].some((option) => option.value === value)) {
    field.add(new Option(value, value));
  }
  field.value = value;
}
