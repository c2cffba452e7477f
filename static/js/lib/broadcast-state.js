import { HeardBroadcast, factsOf } from "lib/heard-broadcast";
import { OwnState, broadcastOf } from "lib/own-state";

/**
 * What the server says of a channel's broadcast: told over the page's socket, and asked for over plain HTTP while the
 * socket is away, or for what only HTTP gives: where to play it.
 *
 * One an address, shared by all elements of the page. It never gives up: errors only make it ask less often, and what
 * was known last stays known.
 */

const INTERVAL_MS = { live: 3000, interrupted: 1000, offline: 2000 };
const HIDDEN_FACTOR = 4;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 8000;
const TIMEOUT_MS = 6000;
/** The edge remembers an answer for a second: one that lags behind what the socket told is asked for again. */
const LAGGING_MS = 600;
const MOST_LAGGING = 12;

const states = new Map();

/** The shared state at this address; `rendered` is the answer that the page itself came with, if it did. */
export function broadcastState(url, rendered = null) {
  if (!states.has(url)) {
    states.set(url, new BroadcastState(url));
  }
  const state = states.get(url);
  state.seed(rendered);
  return state;
}

/**
 * Fires "change" with `current`: the broadcast on air or null, and "viewers" with `viewers`: how many watch, null when
 * nobody says. `reachable` says whether the last answer came.
 */
export class BroadcastState extends EventTarget {
  #url;
  #failures = 0;
  #timer = 0;
  #renewal = 0;
  #asking = null;
  #users = 0;
  #isKnown = false;
  #heard = new HeardBroadcast();
  #lagging = 0;
  #own = null;

  constructor(url) {
    super();
    this.#url = url;
    this.current = null;
    this.#heard.onEvent = (event) => this.#hear(event);
    this.#heard.onFresh = () => {
      this.#schedule();
      this.dispatchEvent(new Event("viewers"));
    };
  }

  /** Begin with what is known already, unless the server has answered since. */
  seed(answer) {
    if (answer && !this.#isKnown) {
      this.current = answer.broadcast;
      this.#isKnown = true;
      this.#heard.topic = topicOf(answer);
      this.#scheduleRenewal();
    }
  }

  /** For gated broadcasts ask there as well, as who is logged in. */
  askAlso(url) {
    this.#own ??= url ? new OwnState(url, () => this.refresh()) : null;
  }

  /** Ask for an address anew: the one we have is refused, or another might be given now. */
  renew() {
    this.#own?.forget();
    return this.refresh();
  }

  /** Play on this device what plays on too many others. */
  async watchHere() {
    await this.#own?.watchHere();
    return this.refresh();
  }

  get reachable() {
    return this.#failures === 0;
  }

  get viewers() {
    return this.current ? (this.#heard.viewers ?? this.current.viewers ?? null) : null;
  }

  /** Follow the state until the returned function is called. */
  subscribe(listener) {
    const handler = () => listener(this.current);
    this.addEventListener("change", handler);
    this.#users += 1;
    if (this.#users === 1) {
      this.#start();
    }
    return () => {
      this.removeEventListener("change", handler);
      this.#users -= 1;
      if (this.#users === 0) {
        this.#stop();
      }
    };
  }

  /** Ask now; whoever asks while an answer is on its way waits for that one. */
  refresh() {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
      this.#schedule();
    });
    return this.#asking;
  }

  #start() {
    document.addEventListener("visibilitychange", this.#onVisible);
    self.addEventListener("online", this.#onVisible);
    this.#heard.follow(this.current?.broadcast ?? null);
    this.#scheduleRenewal();
    this.#schedule();
    if (this.current?.place === "unasked") {
      this.refresh();
    }
  }

  #stop() {
    document.removeEventListener("visibilitychange", this.#onVisible);
    self.removeEventListener("online", this.#onVisible);
    this.#heard.leave();
    this.#own?.leave();
    clearTimeout(this.#timer);
    clearTimeout(this.#renewal);
  }

  #onVisible = () => {
    if (!document.hidden && !this.#heard.isFresh) {
      this.refresh();
    }
  };

  #hear(event) {
    if (event.type === "presence") {
      this.dispatchEvent(new Event("viewers"));
    } else if (event.type === "on-air" && event.broadcast === null) {
      this.#take(null);
    } else if (event.type === "on-air" && event.broadcast === this.current?.broadcast) {
      return;
    } else if (event.type === "broadcast" && event.broadcast === this.current?.broadcast) {
      this.#take(event.state === "ended" ? null : { ...this.current, ...factsOf(event) });
    } else if (event.type === "described" && this.current) {
      this.#take({ ...this.current, ...factsOf(event) });
    } else {
      this.#lagging = 0;
      this.refresh();
    }
    this.#schedule();
  }

  async #ask() {
    clearTimeout(this.#timer);
    try {
      const response = await fetch(this.#url, { signal: AbortSignal.timeout(TIMEOUT_MS), credentials: "same-origin" });
      if (!response.ok) {
        throw new Error(`state answered ${response.status}`);
      }
      const answer = await response.json();
      const shared = broadcastOf(answer);
      const broadcast = this.#own ? await this.#own.complete(shared, TIMEOUT_MS) : shared;
      this.#failures = 0;
      this.#heard.topic = topicOf(answer) ?? this.#heard.topic;
      this.#takeAnswer(broadcast);
    } catch {
      this.#failures += 1;
      this.dispatchEvent(new Event("unreachable"));
    }
  }

  /** What the socket told is newer than an answer that says otherwise. */
  #takeAnswer(broadcast) {
    if (this.#heard.contradicts(broadcast) && this.#lagging < MOST_LAGGING) {
      this.#lagging += 1;
      return;
    }
    const lacksPlaylist = broadcast?.state === "live" && !broadcast.playlist_url;
    this.#lagging = lacksPlaylist ? this.#lagging + 1 : 0;
    this.#take(broadcast && this.#heard.isFresh ? { ...broadcast, ...this.#heard.facts } : broadcast);
  }

  #take(broadcast) {
    this.#isKnown = true;
    const changed = essence(broadcast) !== essence(this.current);
    this.current = broadcast;
    if (this.#users > 0) {
      this.#heard.follow(broadcast?.broadcast ?? null);
    }
    this.#scheduleRenewal();
    if (changed) {
      this.dispatchEvent(new Event("change"));
    }
    this.dispatchEvent(new Event("viewers"));
  }

  #schedule() {
    clearTimeout(this.#timer);
    const delay = this.#delay();
    if (this.#users > 0 && delay !== null) {
      this.#timer = setTimeout(() => this.refresh(), delay);
    }
  }

  /** Milliseconds until the next question; null when there is nothing to ask. */
  #delay() {
    const jitter = 0.8 + Math.random() * 0.4;
    if (this.#failures > 0) {
      return Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), LAST_RETRY_MS) * jitter;
    }
    const state = this.current?.state ?? "offline";
    if (this.#heard.isFresh) {
      const lacks = this.#heard.contradicts(this.current) || (state === "live" && !this.current.playlist_url);
      return lacks ? LAGGING_MS * jitter * Math.max(1, this.#lagging / 4) : null;
    }
    const calm = INTERVAL_MS[state] ?? INTERVAL_MS.offline;
    return calm * (document.hidden ? HIDDEN_FACTOR : 1) * jitter;
  }

  /** A token is renewed at half its life also when nothing else makes the page ask. */
  #scheduleRenewal() {
    clearTimeout(this.#renewal);
    const at = Date.parse(this.current?.renew_at ?? "");
    const wait = at - Date.now();
    if (wait > 0 && wait < 2 ** 31) {
      this.#renewal = setTimeout(() => this.refresh(), wait);
    }
  }
}

/** By which it is told what is on air: there on its channel, or at the place that was asked about. */
function topicOf({ topic, channel }) {
  return topic ?? (channel ? `channel.${channel}` : null);
}

/** What makes two answers different; when to renew is counted from each answer anew, and viewers come and go. */
function essence(broadcast) {
  return JSON.stringify({ ...broadcast, renew_at: null, viewers: null });
}
