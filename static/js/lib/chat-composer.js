import { CommandList } from "lib/chat-command-list";
import { EmotePicker } from "lib/chat-picker";
import { restrictionOf } from "lib/chat-restriction";
import { ChatSender } from "lib/chat-sender";

const LONGEST = 500;
const COUNTED_FROM = 400;
const SECOND_MS = 1000;

/**
 * The field one writes in: says what is in force and when one may write again, completes commands, keeps what couldn't be
 * sent. `onNotice` texts come from the server's answers.
 */
export class Composer {
  /** `onOpen(name)` opens what a command that is typed alone asks for. */
  onOpen = () => {};
  #form;
  #field;
  #texts;
  #room;
  #sender = new ChatSender();
  #commands;
  #picker;
  #modes = {};
  #me = null;
  #waitUntil = 0;
  #reply = null;
  #timer = 0;

  /** `room()` answers the id of the room that is open. */
  constructor(root, texts, room) {
    this.#form = root.querySelector("[data-composer]");
    this.#field = this.#form?.elements.text;
    this.#texts = texts;
    this.#room = room;
    this.#sender.onState = (state) => this.#onState(state);
  }

  connect(signal, acknowledge) {
    if (!this.#form) {
      return;
    }
    this.#sender.connect();
    this.#commands ??= new CommandList(this.#form, this.#field);
    this.#commands.connect(signal);
    this.#picker ??= new EmotePicker(this.#form, (word) => this.insert(word));
    this.#picker.connect(signal);
    const on = (target, type, handler) => target.addEventListener(type, handler, { signal });
    on(this.#form, "submit", (event) => this.#onSubmit(event));
    on(this.#field, "keydown", (event) => this.#onKey(event));
    on(this.#field, "input", () => this.#showCount());
    on(this.#form.querySelector("[data-no-reply]"), "click", () => this.replyTo(null));
    on(this.#form.querySelector("[data-acknowledge]"), "click", acknowledge);
    signal.addEventListener("abort", () => {
      this.#sender.disconnect();
      clearInterval(this.#timer);
    });
  }

  /** What holds for who writes here. */
  show(modes, me, waitS = 0) {
    if (!this.#form) {
      return;
    }
    this.#modes = modes;
    this.#me = me;
    this.#waitUntil = Math.max(this.#waitUntil, Date.now() + waitS * SECOND_MS);
    if (modes.slow_s === 0) {
      this.#waitUntil = 0;
    }
    const warning = this.#form.querySelector("[data-warning]");
    warning.hidden = me?.sanction?.kind !== "warning";
    warning.querySelector("[data-warning-text]").textContent = me?.sanction?.reason ?? "";
    this.#tick();
  }

  replyTo(line) {
    this.#reply = line;
    const note = this.#form?.querySelector("[data-replying]");
    if (note) {
      note.hidden = !line;
      note.querySelector("[data-replying-to]").textContent = line ? `↪ @${line.name} ${line.text}` : "";
      this.#field.focus();
    }
  }

  insert(text) {
    this.#field?.setRangeText(text, this.#field.selectionStart, this.#field.selectionEnd, "end");
    this.#field?.focus();
  }

  notice(text) {
    const notice = this.#form.querySelector("[data-notice]");
    notice.textContent = text;
    notice.hidden = !text;
  }

  #tick() {
    clearInterval(this.#timer);
    const restriction = restrictionOf(this.#modes, this.#me);
    const waitMs = this.#waitUntil - Date.now();
    this.#field.disabled = restriction !== null;
    this.#form.querySelector("[type='submit']").disabled = restriction !== null || waitMs > 0;
    if (restriction) {
      this.notice(this.#describe(restriction));
    } else if (waitMs > 0) {
      this.notice(this.#texts.get("wait", { time: this.#texts.length(Math.ceil(waitMs / SECOND_MS)) }));
    } else if (this.#form.dataset.told) {
      this.notice("");
    }
    this.#form.dataset.told = restriction || waitMs > 0 ? "yes" : "";
    if (restriction?.until || waitMs > 0) {
      this.#timer = setInterval(() => this.#tick(), SECOND_MS);
    }
  }

  #describe(restriction) {
    const until = new Date(restriction.until ?? 0);
    const isToday = restriction.until - Date.now() < 12 * 3600 * SECOND_MS;
    const time =
      restriction.code === "followed_too_shortly"
        ? this.#texts.length(restriction.minutes * 60)
        : isToday
          ? until.toLocaleTimeString()
          : until.toLocaleString();
    return this.#texts.get(`refused-${restriction.code}`, { time, reason: restriction.reason ?? "" });
  }

  #onKey(event) {
    if (event.isComposing || this.#commands.takes(event)) {
      return;
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#form.requestSubmit();
    } else if (event.key === "Escape" && this.#reply) {
      this.replyTo(null);
    }
  }

  #onSubmit(event) {
    event.preventDefault();
    const text = this.#field.value.trim();
    if (text && !this.#field.disabled && this.#waitUntil <= Date.now()) {
      const reply = this.#reply;
      this.#field.value = "";
      this.notice("");
      this.replyTo(null);
      this.#showCount();
      const dialog = this.#commands.opens(text);
      if (dialog) {
        this.onOpen(dialog);
      } else {
        this.#send(text, reply);
      }
    }
  }

  async #send(text, reply) {
    try {
      const payload = { room: this.#room(), text, ...(reply && { reply_to: reply.seq }) };
      const answer = await this.#sender.send("chat.post", payload);
      this.#onSent(answer);
    } catch (error) {
      this.#field.value ||= text;
      this.#showCount();
      this.notice(error.message);
      if (error.facts.wait_s && error.code !== "timed_out") {
        this.#waitUntil = Date.now() + error.facts.wait_s * SECOND_MS;
        this.#tick();
      }
    }
  }

  #onSent(answer) {
    if (answer?.notice) {
      this.notice(answer.notice);
    } else if (answer && Date.parse(answer.shown_at) > Date.now()) {
      this.notice(this.#texts.get("delayed"));
    }
    if (answer?.line && this.#modes.slow_s > 0 && !this.#me?.is_exempt) {
      this.#waitUntil = Date.now() + this.#modes.slow_s * SECOND_MS;
      this.#tick();
    }
  }

  #onState(state) {
    if (state !== "idle") {
      this.notice(this.#texts.get(state));
    } else if (this.#form.dataset.sending) {
      this.notice("");
    }
    this.#form.dataset.sending = state === "idle" ? "" : state;
  }

  #showCount() {
    const count = [...this.#field.value.trim()].length;
    const shown = this.#form.querySelector("[data-count]");
    shown.hidden = count < COUNTED_FROM;
    shown.classList.toggle("is-over", count > LONGEST);
    shown.textContent = this.#texts.get("left", { count });
  }
}
