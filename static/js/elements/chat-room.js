import { UserCard } from "lib/chat-card";
import { Composer } from "lib/chat-composer";
import { CrewPanel } from "lib/chat-crew";
import { ChatFeed } from "lib/chat-feed";
import { HiddenPeople } from "lib/chat-hidden";
import { HiddenList } from "lib/chat-hidden-list";
import { LineMaker } from "lib/chat-line";
import { LineMenu } from "lib/chat-line-menu";
import { ChatLog } from "lib/chat-log";
import { ModesPanel } from "lib/chat-modes";
import { PollForm } from "lib/chat-poll-form";
import { PollPanel } from "lib/chat-poll";
import { RoomSwitcher } from "lib/chat-rooms";
import { Texts } from "lib/chat-texts";
import { socket } from "lib/socket";

const ENTER_SPREAD_MS = 1500;
const TIMEOUT_S = 600;

/**
 * <chat-room lines-url="…/0/lines" …> around a log, a composer, and what the server says of the room that is shown first
 * (a JSON script). Addresses have a 0 where the room's id goes.
 */
class ChatRoom extends HTMLElement {
  #entry;
  #feed = null;
  #listening;
  #enterTimer = 0;
  /** Where what is written goes, until that room is shown. */
  #chosen = null;

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#entry ??= this.#build();
    const { channel } = this.#entry;
    this.log.connect(signal);
    this.composer.connect(signal, () => this.#order("chat.acknowledge", {}).catch(() => {}));
    for (const part of [this.modes, this.menu, this.card, this.poll, this.pollForm, this.hiddenList]) {
      part.connect(signal);
    }
    this.switcher.connect(signal, channel);
    this.crew.connect(signal, channel);
    this.addEventListener("click", (event) => this.#onClick(event), { signal });
    this.#listenForStanding(signal, channel);
    this.#show(this.#entry, this.#feed === null);
  }

  disconnectedCallback() {
    this.#listening.abort();
    clearTimeout(this.#enterTimer);
    this.#feed?.close();
  }

  #build() {
    const entry = JSON.parse(this.querySelector("script[type='application/json']").textContent);
    const order = (command, payload) => this.#order(command, payload);
    this.texts = new Texts(this);
    this.lines = new LineMaker(this, this.texts);
    this.people = new HiddenPeople(entry.channel, entry.hidden, order);
    this.hiddenList = new HiddenList(this, this.people);
    this.hiddenList.onShow = (person) => this.#showAgain(person);
    this.log = new ChatLog(this, (line) => this.lines.make(line));
    this.composer = new Composer(this, this.texts, () => this.#chosen ?? this.#entry.room);
    this.modes = new ModesPanel(this, this.texts, order);
    this.menu = new LineMenu(this, (act, line) => this.#act(act, line));
    this.card = new UserCard(this, () => this.#url("card"), order);
    this.crew = new CrewPanel(this, (name) => this.#url(name), order);
    this.poll = new PollPanel(this, this.texts, order, () => Boolean(this.#entry.me));
    this.pollForm = new PollForm(this, order);
    this.composer.onOpen = (name) => this.#open(name);
    this.switcher = new RoomSwitcher(this);
    this.switcher.onChoose = (room) => this.#choose(room);
    this.switcher.onChange = () => this.#enterSoon(ENTER_SPREAD_MS);
    this.crew.onPending = (line) => this.#onPending(line);
    return entry;
  }

  // Which room, and whether it is open

  /** Show a room as the server describes it; with `isNew` what was shown before goes. */
  #show(entry, isNew) {
    if (isNew) {
      this.poll.forget();
    }
    this.#entry = { ...this.#entry, ...entry };
    this.dataset.room = this.#entry.room;
    this.lines.me = this.#entry.me;
    this.querySelector("[data-name]").textContent = this.#entry.name;
    this.switcher.show(this.#entry.rooms, this.#entry.room);
    this.modes.show(this.#entry);
    this.composer.show(this.#entry, this.#entry.me, this.#entry.wait_s);
    this.#showPoll(entry);
    this.#showDenial(this.#entry.denial);
    if (this.#entry.denial) {
      this.#shut();
    } else if (isNew || !this.#feed) {
      this.#openFeed();
    } else {
      this.#feed.open();
    }
  }

  #shut() {
    this.#feed?.close();
    this.#feed = null;
    this.log.clear();
    if (this.#entry.denial.wait_s) {
      this.#enterSoon(0, this.#entry.denial.wait_s * 1000 + 500);
    }
  }

  #openFeed() {
    this.#feed?.close();
    this.log.clear();
    const lines = this.#entry.lines ?? [];
    // Without lines in hand the feed asks for the last ones.
    this.#feed = new ChatFeed(`chat.room.${this.#entry.room}`, this.#url("lines"), lines.length > 0 ? this.#entry.last_seq : 0);
    this.#feed.onLine = (line) => this.#onLine(line);
    this.#feed.onGone = (seqs) => this.log.remove(seqs);
    this.#feed.onReset = () => this.log.clear();
    this.#feed.onEvent = (event) => this.#onEvent(event);
    this.#feed.onFresh = (fresh) => this.#onFresh(fresh);
    lines.forEach((line) => this.#onLine(line));
    this.#entry.lines = [];
    this.#feed.open();
  }

  async #choose(room) {
    this.#chosen = room;
    await this.#enter(room);
    if (this.#chosen === room) {
      this.#chosen = null;
    }
  }

  async #enter(room) {
    clearTimeout(this.#enterTimer);
    this.#enterTimer = 0;
    const isNew = room !== this.#entry.room;
    try {
      const entry = await socket.send("chat.enter", { room });
      if (this.isConnected) {
        this.#show(entry, isNew);
      }
    } catch (error) {
      if (error.code === "not_there") {
        this.#show({ denial: { code: "not_there" } }, false);
      } else if (this.isConnected) {
        this.#enterSoon(4000);
      }
    }
  }

  #enterSoon(spreadMs, waitMs = 0) {
    this.#enterTimer ||= setTimeout(
      () => {
        this.#enterTimer = 0;
        this.#enter(this.#entry.room);
      },
      Math.min(waitMs + Math.random() * spreadMs, 2 ** 31 - 1),
    );
  }

  #listenForStanding(signal, channel) {
    const user = this.#entry.me?.id;
    if (user) {
      const isMine = (event) => event.type === "chat_standing" && event.channel === channel;
      const leave = socket.subscribe(`user.${user}`, (event) => isMine(event) && this.#enter(this.#entry.room));
      signal.addEventListener("abort", leave);
    }
  }

  #showDenial(denial) {
    this.querySelector("[data-closed]").hidden = !denial;
    if (denial) {
      this.dataset.state = "closed";
      this.querySelector("[data-away]").hidden = true;
    }
    for (const one of this.querySelectorAll("[data-denial]")) {
      one.hidden = !one.dataset.denial.split(" ").includes(denial?.code);
    }
    this.querySelector("[data-reason]").textContent = denial?.reason ?? "";
  }

  // What happens in it

  #onLine(line) {
    this.log.lineOf(line.seq)?.remove();
    if (!this.people.has(line.author?.id)) {
      this.log.add(line);
    }
  }

  #onPending(line) {
    if (line.room === this.#entry.room && !this.log.lineOf(line.seq)) {
      this.log.add({ ...line, isPending: true });
    }
  }

  #onEvent(event) {
    if (event.type === "entered" || event.type === "modes") {
      const { type, topic, last_seq: lastSeq, poll, ...facts } = event;
      this.#entry = { ...this.#entry, ...facts };
      this.lines.me = this.#entry.me;
      this.querySelector("[data-name]").textContent = this.#entry.name;
      this.modes.show(this.#entry);
      this.composer.show(this.#entry, this.#entry.me, type === "entered" ? this.#entry.wait_s : 0);
      this.#showPoll(event);
    } else if (event.type === "closed") {
      this.#enter(this.#entry.room);
    } else {
      this.poll.take(event);
    }
  }

  /** Once: how a poll stands is soon another thing than the server said here. */
  #showPoll(facts) {
    if (facts.poll !== undefined) {
      this.poll.show(facts.poll);
      delete this.#entry.poll;
    }
  }

  #onFresh(fresh) {
    if (this.#entry.denial) {
      return;
    }
    this.dataset.state = fresh ? "live" : "away";
    this.querySelector("[data-away]").hidden = fresh;
  }

  // What people do

  #onClick(event) {
    this.#open(event.target.closest("[data-open]")?.dataset.open);
    this.#shutOptions(event);
    const name = event.target.closest(".line__name");
    if (name && this.#entry.me?.is_moderator && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.card.open(name.closest(".line").dataset.author);
    }
  }

  #open(name) {
    const opens = {
      modes: () => this.querySelector("[data-dialog='modes']").showModal(),
      crew: () => this.crew.open(),
      poll: () => this.pollForm.open(),
      hidden: () => this.hiddenList.open(),
    };
    opens[name]?.();
  }

  #act(act, line) {
    const acts = {
      reply: () => this.composer.replyTo(line),
      hide: () => this.#hide(line),
      card: () => this.card.open(line.name),
      delete: () => this.#order("chat.delete", { seq: line.seq }),
      pin: () => this.#order("chat.pin", { seq: line.seq }),
      timeout: () => this.#order("chat.timeout", { user: line.name, seconds: TIMEOUT_S }),
      ban: () => this.#order("chat.ban", { user: line.name }),
    };
    acts[act]?.()?.catch?.((error) => this.composer.notice(error.message));
  }

  #hide({ authorId, name, shown }) {
    this.log.removeWhere((element) => element.dataset.authorId === authorId);
    return this.people.add({ id: authorId, name, shown });
  }

  /** Their lines are asked for anew with all others. */
  #showAgain(person) {
    this.people.remove(person).catch((error) => this.composer.notice(error.message));
    if (!this.#entry.denial) {
      this.#openFeed();
    }
  }

  #shutOptions(event) {
    const options = this.querySelector("[data-options]");
    if (options.open && !event.target.closest("summary")) {
      options.open = false;
    }
  }

  #order(command, payload) {
    return socket.send(command, { ...payload, room: this.#entry.room });
  }

  #url(name) {
    return this.getAttribute(`${name}-url`).replace("/0/", `/${this.#entry.room}/`);
  }
}

customElements.define("chat-room", ChatRoom);
