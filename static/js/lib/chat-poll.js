import { clock, figure, measure } from "lib/figures";

const SECOND_MS = 1000;
const SHOWN_AFTER_MS = 30000;

/** The poll above the lines: its bars, what one chose, how long it goes on. What people wrote is only ever text. */
export class PollPanel {
  #box;
  #template;
  #texts;
  #order;
  #poll = null;
  #until = 0;
  #isAway = false;
  #timer = 0;
  #canVote = () => false;

  /** `order(command, payload)` has something done in the room that is open; `canVote()` says whether somebody is here. */
  constructor(root, texts, order, canVote) {
    this.#box = root.querySelector("[data-poll]");
    this.#template = root.querySelector("[data-template='poll-option']");
    this.#texts = texts;
    this.#order = order;
    this.#canVote = canVote;
  }

  connect(signal) {
    this.#box.addEventListener("click", (event) => this.#onClick(event), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
    this.#tick();
  }

  /** What the server says of the room's poll: null when none is open. One that has ended here stays for a moment. */
  show(poll) {
    if (poll) {
      this.#begin(poll);
    } else if (this.#poll?.state === "running") {
      this.#hide();
    }
  }

  /** Another room is looked at. */
  forget() {
    this.#hide();
  }

  take(event) {
    if (event.type === "poll") {
      const { my_choice: mine = null } = this.#poll?.poll === event.poll ? this.#poll : {};
      this.#begin({ ...event, my_choice: mine });
    } else if (event.type === "tally" && event.poll === this.#poll?.poll && this.#poll.state === "running") {
      // Two processes may tell in the other order: votes only ever come.
      if (sum(event.counts) > sum(this.#poll.counts)) {
        this.#poll.counts = event.counts;
        this.#drawCounts();
      }
    }
  }

  #begin(poll) {
    const isNew = this.#poll?.poll !== poll.poll;
    if (poll.state === "cancelled" || (isNew && poll.state === "ended")) {
      this.#hide();
      return;
    }
    this.#poll = poll;
    this.#until = performance.now() + (poll.state === "running" ? poll.left_s * SECOND_MS : SHOWN_AFTER_MS);
    if (isNew) {
      this.#drawOptions();
      this.#box.querySelector("details").open = true;
    }
    this.#box.hidden = false;
    if (isNew || poll.state === "ended") {
      this.#say(this.#about(poll));
    }
    this.#drawCounts();
    this.#tick();
  }

  #about({ state, options, my_choice: mine }) {
    if (state === "ended") {
      return this.#texts.get("poll-over");
    }
    return mine === null ? this.#texts.get("poll-begun") : this.#texts.get("poll-voted", { option: options[mine] });
  }

  #hide() {
    this.#poll = null;
    this.#box.hidden = true;
    clearTimeout(this.#timer);
  }

  #drawOptions() {
    this.#part("question").textContent = this.#poll.question;
    const items = this.#poll.options.map((text) => {
      const item = this.#template.content.firstElementChild.cloneNode(true);
      item.querySelector("[data-text]").textContent = text;
      return item;
    });
    this.#part("options").replaceChildren(...items);
  }

  #drawCounts() {
    const { counts, my_choice: mine, state } = this.#poll;
    const votes = sum(counts);
    const most = Math.max(...counts);
    const isOpen = state === "running" && mine === null && this.#canVote();
    for (const [index, item] of [...this.#part("options").children].entries()) {
      const share = votes ? counts[index] / votes : 0;
      const button = item.querySelector("button");
      button.style.setProperty("--share", share);
      button.querySelector("[data-share]").textContent = measure(Math.round(share * 100), "percent");
      button.setAttribute("aria-pressed", mine === index);
      button.setAttribute("aria-disabled", !isOpen);
      button.classList.toggle("is-first", state === "ended" && votes > 0 && counts[index] === most);
    }
    this.#part("votes").textContent = this.#texts.get("poll-votes", { count: figure(votes) });
    this.#box.classList.toggle("is-over", state !== "running");
  }

  #tick() {
    clearTimeout(this.#timer);
    if (!this.#poll) {
      return;
    }
    const leftMs = this.#until - performance.now();
    const isRunning = this.#poll.state === "running";
    if (!isRunning && leftMs <= 0) {
      this.#hide();
      return;
    }
    this.#part("left").textContent = isRunning ? clock(Math.ceil(Math.max(0, leftMs) / SECOND_MS)) : "";
    this.#timer = setTimeout(() => this.#tick(), leftMs > 0 ? leftMs % SECOND_MS || SECOND_MS : SECOND_MS);
  }

  async #onClick(event) {
    const act = event.target.closest("[data-poll-act]")?.dataset.pollAct;
    const button = event.target.closest("[data-choice]");
    if (act === "close") {
      this.#hide();
    } else if (act) {
      await this.#order(`chat.${act}`, {}).catch((error) => this.#say(error.message));
    } else if (button && button.getAttribute("aria-disabled") !== "true") {
      await this.#vote([...this.#part("options").children].indexOf(button.closest("li")));
    } else if (button && !this.#canVote()) {
      this.#say(this.#texts.get("poll-login"));
    }
  }

  async #vote(choice) {
    const poll = this.#poll;
    if (this.#isAway) {
      return;
    }
    this.#isAway = true;
    try {
      await this.#order("chat.vote", { poll: poll.poll, choice });
      poll.my_choice = choice;
      this.#say(this.#texts.get("poll-voted", { option: poll.options[choice] }));
    } catch (error) {
      // Another page of theirs was faster, or this one's answer was lost.
      poll.my_choice = error.facts?.choice ?? null;
      this.#say(error.code === "offline" ? this.#texts.get("poll-offline") : error.message);
    }
    this.#isAway = false;
    if (this.#poll === poll) {
      this.#drawCounts();
    }
  }

  #say(text) {
    this.#part("said").textContent = text;
  }

  #part(name) {
    return this.#box.querySelector(`[data-poll-${name}]`);
  }
}

function sum(counts) {
  return counts.reduce((total, count) => total + count, 0);
}
