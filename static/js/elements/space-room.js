import { press } from "lib/press";
import { currentSpace, joinSpace } from "lib/space";
import "lib/space-bar";
import { SpacePreview } from "lib/space-preview";
import { SpaceStage } from "lib/space-stage";
import { socket } from "lib/socket";

const RISES_MS = 2600;

/**
 * <space-room space="…" user="7">: the stage of a Space and what one can do there. Until somebody comes in they look at
 * the stage from outside; the connection itself lives in lib/space and outlives this page.
 */
class SpaceRoom extends HTMLElement {
  #space = null;
  #looking = null;
  #stage;
  #preview;
  #listening;
  #room;
  #me;
  #media;

  connectedCallback() {
    this.#room = JSON.parse(document.getElementById("space-state").textContent);
    this.#media = this.#room;
    this.#me = JSON.parse(document.getElementById("space-me").textContent);
    const texts = (name) => this.#text(name);
    const tile = this.querySelector("[data-tile]");
    const acts = { onMore: (id) => this.#open(id), onLarge: (people) => this.#space?.sizes.prefer(people) };
    this.#stage = new SpaceStage(this.querySelector("[data-stage]"), tile, texts, acts);
    this.#preview = new SpacePreview(this.querySelector("[data-preview]"));
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("click", (event) => this.#onClick(event), { signal });
    this.addEventListener("submit", (event) => this.#onSubmit(event), { signal });
    this.querySelector("[data-push]").addEventListener("change", () => this.#letGo(), { signal });
    addEventListener("keydown", (event) => this.#onKey(event, false), { signal });
    addEventListener("keyup", (event) => this.#onKey(event, true), { signal });
    addEventListener("blur", () => this.#letGo(), { signal });
    if (currentSpace()?.id === this.getAttribute("space")) {
      this.#take(currentSpace());
    } else {
      this.#looking = socket.subscribe(`space.room.${this.getAttribute("space")}`, (event) => this.#onLook(event));
    }
    this.#draw();
  }

  disconnectedCallback() {
    this.#letGo();
    this.#listening.abort();
    this.#preview.close();
    this.#looking?.();
    this.#stage.stop();
    // On other pages nobody is seen.
    this.#space?.sizes.prefer([]);
    this.#let();
  }

  get #user() {
    return Number(this.getAttribute("user")) || 0;
  }

  #text(name) {
    return this.querySelector(`[data-text="${name}"]`)?.textContent ?? "";
  }

  /** From outside: the stage, without sound. */
  #onLook(event) {
    if (event.type === "entered" || event.type === "stage") {
      this.#room = { ...this.#room, ...event };
      if (event.state === "ended") {
        this.#say(this.#text("ended"));
      }
    }
    if (event.type === "entered" || event.type === "media") {
      this.#media = event;
    }
    this.#draw();
  }

  #join() {
    const room = { ...this.#room };
    const facts = { id: this.getAttribute("space"), title: document.querySelector("h1").textContent, room };
    this.#take(joinSpace({ ...facts, me: this.#me, user: this.#user }));
    this.#looking?.();
    this.#looking = null;
    this.#draw();
  }

  #take(space) {
    this.#space = space;
    space.addEventListener("change", this.#draw);
    space.addEventListener("over", this.#onOver);
    space.addEventListener("reaction", this.#onReaction);
  }

  #let() {
    this.#space?.removeEventListener("change", this.#draw);
    this.#space?.removeEventListener("over", this.#onOver);
    this.#space?.removeEventListener("reaction", this.#onReaction);
  }

  #onOver = ({ detail }) => {
    this.#let();
    this.#room = this.#space.room;
    this.#media = { ...this.#space.media, talking: [], videos: [] };
    this.#space = null;
    this.#draw();
    if (detail) {
      this.#say(detail.code === "ended" ? this.#text("ended") : detail.message || this.#text("ended"));
    }
  };

  #onReaction = ({ detail }) => {
    const rising = document.createElement("span");
    rising.textContent = detail.reaction;
    rising.className = `space__risen space__risen--${1 + Math.floor(Math.random() * 5)}`;
    this.querySelector("[data-rising]").append(rising);
    setTimeout(() => rising.remove(), RISES_MS);
  };

  // What is shown

  #draw = () => {
    const space = this.#space;
    const me = space?.me ?? this.#me;
    const room = space?.room ?? this.#room;
    this.dataset.state = space ? space.state : "outside";
    this.#stage.draw({ room, media: space?.media ?? this.#media, user: this.#user, space });
    this.querySelector("[data-listeners]").textContent = String((space?.media ?? this.#media).inside ?? 0);
    this.querySelector("[data-join]").disabled = false;
    this.querySelector("[data-join]").hidden = Boolean(space) || room.state === "ended";
    this.querySelector("[data-leave]").hidden = !space;
    const shown = {
      inside: Boolean(space) && !space.isFar,
      speaker: space?.isOnStage,
      steppable: space?.isOnStage && me.role !== "host",
      listener: space && !space.isOnStage,
      leader: space?.isLeader,
      host: space && me.role === "host",
      invited: space && me.is_invited,
    };
    for (const part of this.querySelectorAll("[data-when]")) {
      part.hidden = !shown[part.dataset.when];
    }
    press(this.querySelector("[data-mic]"), space && !space.isMuted);
    press(this.querySelector("[data-camera]"), space?.hasVideo && !space.hasScreen);
    press(this.querySelector("[data-screen]"), space?.hasScreen);
    press(this.querySelector("[data-hand]"), me.hand);
    press(this.querySelector("[data-lock]"), room.is_locked);
    press(this.querySelector("[data-relay]"), room.is_relayed);
    press(this.querySelector("[data-record]"), room.is_recorded);
    this.querySelector("[data-recorded]").hidden = !room.is_recorded;
    this.#drawStream(space?.isFar);
    this.querySelector("[data-note]").textContent = this.#note(space, me);
    if (space?.isLeader) {
      this.#drawHands(space.hands.hands);
    }
  };

  /** The composed stream, for who has no seat; one that went along to other pages comes back. */
  #drawStream(isFar) {
    const place = this.querySelector("[data-stream-place]");
    const playing = place.querySelector("live-player");
    if (!isFar) {
      playing?.remove();
    } else if (!playing) {
      const frame = document.querySelector(".mini-player");
      const kept = frame?.querySelector(`live-player[home="${location.pathname}"]`);
      place.append(kept ?? this.querySelector("[data-stream]").content.firstElementChild.cloneNode(true));
      if (kept) {
        frame.remove();
      }
    }
    place.hidden = !isFar;
  }

  #note(space, me) {
    if (space && space.state !== "inside") {
      return this.#text(space.state);
    }
    return space && me.is_silenced ? this.#text("silenced") : "";
  }

  #drawHands(hands) {
    const list = this.querySelector("[data-hands]");
    const known = [...list.children].map((row) => row.dataset.person).join();
    if (known === hands.map(({ user }) => user).join()) {
      return;
    }
    this.querySelector("[data-no-hands]").hidden = hands.length > 0;
    const rows = hands.map((person) => {
      const row = this.querySelector("[data-hand-row]").content.firstElementChild.cloneNode(true);
      row.dataset.person = String(person.user);
      row.querySelector("[data-name]").textContent = person.name;
      row.querySelector("[data-username]").textContent = `@${person.username}`;
      return row;
    });
    list.replaceChildren(...rows);
  }

  #say(text) {
    const error = this.querySelector("[data-error]");
    error.textContent = text;
    error.hidden = !text;
  }

  // What is done

  async #onClick(event) {
    const button = event.target.closest("button");
    if (!button || button.type === "submit") {
      return;
    }
    this.#say("");
    try {
      await this.#act(button);
    } catch (error) {
      this.#say(error.code && error.code !== "offline" && error.message ? error.message : this.#text(error.code ? "again" : "no-device"));
    }
  }

  #act(button) {
    const { dataset } = button;
    const space = this.#space;
    if ("join" in dataset) {
      return this.#join();
    }
    if ("layoutSwitch" in dataset) {
      return this.#switchLayout(button);
    }
    if (!space) {
      return null;
    }
    if ("leave" in dataset) {
      return space.leave();
    }
    if ("mic" in dataset) {
      return this.#toggleVoice();
    }
    if ("camera" in dataset) {
      return space.setVideo(!space.hasVideo || space.hasScreen);
    }
    if ("screen" in dataset) {
      return space.setVideo(!space.hasScreen, true);
    }
    if ("devices" in dataset) {
      return this.#choose();
    }
    if ("hand" in dataset) {
      return space.command(space.me.hand ? "lower_hand" : "raise_hand");
    }
    if ("lock" in dataset) {
      return space.command("lock", { locked: !space.room.is_locked });
    }
    if ("relay" in dataset) {
      return space.command("relay", { relayed: !space.room.is_relayed });
    }
    if ("record" in dataset) {
      return space.command("record", { recorded: !space.room.is_recorded });
    }
    if ("end" in dataset) {
      return space.command("end");
    }
    if (dataset.react) {
      return space.react(dataset.react);
    }
    return dataset.command ? space.command(dataset.command) : this.#actOn(button);
  }

  #switchLayout(button) {
    this.dataset.layout = this.dataset.layout === "grid" ? "focus" : "grid";
    button.setAttribute("aria-pressed", String(this.dataset.layout === "grid"));
  }

  /** The first time somebody looks at what they sound like; then it is one click. */
  async #toggleVoice() {
    const space = this.#space;
    if (space.isMuted && !space.hasVoice && !(await this.#preview.ask())) {
      return;
    }
    await space.setMuted(!space.isMuted);
  }

  async #choose() {
    if (!(await this.#preview.ask())) {
      return;
    }
    if (this.#space.hasVoice) {
      await this.#space.useMicrophone();
    }
    if (this.#space.hasVideo && !this.#space.hasScreen) {
      await this.#space.setVideo(true);
    }
  }

  /** What hosts do to somebody: in the list of hands, or in the dialog of a tile. */
  async #actOn(button) {
    const dialog = button.closest("[data-person]");
    const { act, not } = button.dataset;
    if (!act || !dialog) {
      return;
    }
    const facts = { user: Number(dialog.dataset.person) };
    await this.#space.command(act, not ? { ...facts, [not]: false } : facts);
    dialog.close?.();
  }

  /** What can be done about somebody: by hosts what they lead, by others to look who it is, or to report them. */
  #open(id) {
    const person = (this.#space?.room ?? this.#room).stage.find(({ user }) => user === id);
    const dialog = this.querySelector("dialog[data-person]");
    dialog.dataset.person = String(id);
    dialog.querySelector("[data-lead]").hidden = !this.#leads(person);
    dialog.querySelector("[data-profile]").href = `/users/${encodeURIComponent(person.username)}`;
    const report = dialog.querySelector("[data-report]");
    if (report) {
      report.href = report.href.replace(/_\d*$/, `_${id}`);
    }
    dialog.querySelector("[data-name]").textContent = person.name;
    const isThere = { silenced: person.is_silenced, cohost: person.role === "cohost" };
    for (const button of dialog.querySelectorAll("[data-act]")) {
      const { act, not } = button.dataset;
      const state = act === "silence" ? isThere.silenced : act === "cohost" ? isThere.cohost : false;
      button.hidden = (not ? !state : state) || ("host" in button.dataset && this.#space?.me.role !== "host");
    }
    dialog.showModal();
  }

  #leads(person) {
    const role = this.#space?.me.role;
    return role === "host" || (role === "cohost" && person.role === "speaker");
  }

  async #onSubmit(event) {
    if (!event.target.matches("[data-invite]")) {
      return;
    }
    event.preventDefault();
    this.#say("");
    try {
      await this.#space.command("invite", { user: event.target.elements.name.value });
      event.target.reset();
    } catch (error) {
      this.#say(error.message);
    }
  }

  get #isPushToTalk() {
    return this.querySelector("[data-push]").checked && this.#space?.isOnStage && this.#space.hasVoice;
  }

  /** Push to talk: heard for as long as the space bar is held. */
  #onKey(event, isUp) {
    const isWriting = event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable], dialog[open]");
    if (event.code === "Space" && this.#isPushToTalk && !isWriting) {
      event.preventDefault();
      this.#setMuted(isUp);
    }
  }

  /** Whoever pushes to talk isn't heard from now on: a page without the keyboard never learns that the bar went up. */
  #letGo() {
    if (this.#isPushToTalk) {
      this.#setMuted(true);
    }
  }

  #setMuted(isMuted) {
    if (this.#space.isMuted !== isMuted) {
      this.#space.setMuted(isMuted).catch((error) => this.#say(error.message));
    }
  }
}

customElements.define("space-room", SpaceRoom);
