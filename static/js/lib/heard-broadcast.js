import { socket } from "lib/socket";

/**
 * What the socket tells of a channel or another place (its `topic` says which broadcast is on air there) and of the
 * broadcast that is followed:
 * `facts` newer than any answer over HTTP, and `viewers`. Calls `onEvent(event)` and `onFresh()`.
 */
export class HeardBroadcast {
  topic = null;
  facts = {};
  viewers = null;
  onEvent = () => {};
  onFresh = () => {};
  #onAir;
  #followed = null;
  #fresh = { channel: false, broadcast: false };
  #leaves = { channel: null, broadcast: null };

  /** Whether nothing goes by unheard. */
  get isFresh() {
    return this.#fresh.channel && (this.#fresh.broadcast || this.#onAir === null);
  }

  contradicts(broadcast) {
    return this.isFresh && this.#onAir !== undefined && this.#onAir !== (broadcast?.broadcast ?? null);
  }

  follow(broadcast) {
    if (this.topic !== null && !this.#leaves.channel) {
      const note = (event) => (this.#onAir = event.broadcast);
      this.#leaves.channel = this.#subscribe("channel", this.topic, note);
    }
    if (broadcast === this.#followed) {
      return;
    }
    this.#leaveBroadcast();
    this.#followed = broadcast;
    if (broadcast !== null) {
      this.#leaves.broadcast = this.#subscribe("broadcast", `broadcast.${broadcast}`, (event) => this.#note(event));
    }
  }

  leave() {
    this.#leaveBroadcast();
    this.#leaves.channel?.();
    this.#leaves.channel = null;
    this.#fresh.channel = false;
    this.#onAir = undefined;
  }

  #subscribe(kind, topic, note) {
    const handler = (event) => {
      if (event.type !== "closed") {
        note(event);
      }
      this.onEvent(event);
    };
    return socket.subscribe(topic, handler, (fresh) => {
      this.#fresh[kind] = fresh;
      if (kind === "broadcast" && !fresh) {
        this.viewers = null;
      }
      this.onFresh();
    });
  }

  #note(event) {
    if (event.type === "presence") {
      this.viewers = event.count;
    } else if (event.type === "broadcast" || event.type === "described") {
      this.facts = { ...this.facts, ...factsOf(event) };
    }
  }

  #leaveBroadcast() {
    this.#leaves.broadcast?.();
    this.#leaves.broadcast = null;
    this.#followed = this.viewers = null;
    this.#fresh.broadcast = false;
    this.facts = {};
  }
}

/** An event's facts, without what makes it an event. */
export function factsOf({ type, topic, ...facts }) {
  return facts;
}
