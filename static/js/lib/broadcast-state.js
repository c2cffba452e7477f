/**
 * What the server says of a channel's broadcast, asked for over plain HTTP.
 *
 * One poller an address, shared by all elements of the page. It never gives up: errors only make it ask less often,
 * and what was known last stays known.
 */

import { OwnState, broadcastOf } from "lib/own-state";

const INTERVAL_MS = { live: 3000, interrupted: 1000, offline: 2000 };
const HIDDEN_FACTOR = 4;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 8000;
const TIMEOUT_MS = 6000;

const pollers = new Map();

/** The shared poller of this address; `rendered` is the answer that the page itself came with, if it did. */
export function broadcastState(url, rendered = null) {
  if (!pollers.has(url)) {
    pollers.set(url, new BroadcastState(url));
  }
  const poller = pollers.get(url);
  poller.seed(rendered);
  return poller;
}

/** Fires "change" with `current`: the broadcast on air or null. `reachable` says whether the last answer came. */
export class BroadcastState extends EventTarget {
  #url;
  #failures = 0;
  #timer = 0;
  #renewal = 0;
  #asking = null;
  #users = 0;
  #isKnown = false;
  #own = null;

  constructor(url) {
    super();
    this.#url = url;
    this.current = null;
  }

  /** Begin with what is known already, unless the server has answered since. */
  seed(answer) {
    if (answer && !this.#isKnown) {
      this.current = answer.broadcast;
      this.#isKnown = true;
      this.#scheduleRenewal();
    }
  }

  /** For gated broadcasts ask there as well, as who is logged in. */
  askAlso(url) {
    this.#own ??= url ? new OwnState(url) : null;
  }

  /** Ask for an address anew: the one we have is refused, or another might be given now. */
  renew() {
    this.#own?.forget();
    return this.refresh();
  }

  get reachable() {
    return this.#failures === 0;
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
    this.#scheduleRenewal();
    this.#schedule();
  }

  #stop() {
    document.removeEventListener("visibilitychange", this.#onVisible);
    self.removeEventListener("online", this.#onVisible);
    clearTimeout(this.#timer);
    clearTimeout(this.#renewal);
  }

  #onVisible = () => {
    if (!document.hidden) {
      this.refresh();
    }
  };

  async #ask() {
    clearTimeout(this.#timer);
    try {
      const response = await fetch(this.#url, { signal: AbortSignal.timeout(TIMEOUT_MS), credentials: "same-origin" });
      if (!response.ok) {
        throw new Error(`state answered ${response.status}`);
      }
      const shared = broadcastOf(await response.json());
      const broadcast = this.#own ? await this.#own.complete(shared, TIMEOUT_MS) : shared;
      this.#failures = 0;
      this.#take(broadcast);
    } catch {
      this.#failures += 1;
      this.dispatchEvent(new Event("unreachable"));
    }
  }

  #take(broadcast) {
    this.#isKnown = true;
    const changed = essence(broadcast) !== essence(this.current);
    this.current = broadcast;
    this.#scheduleRenewal();
    if (changed) {
      this.dispatchEvent(new Event("change"));
    }
  }

  #schedule() {
    clearTimeout(this.#timer);
    if (this.#users > 0) {
      this.#timer = setTimeout(() => this.refresh(), this.#delay());
    }
  }

  #delay() {
    const jitter = 0.8 + Math.random() * 0.4;
    if (this.#failures > 0) {
      return Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), LAST_RETRY_MS) * jitter;
    }
    const calm = INTERVAL_MS[this.current?.state ?? "offline"] ?? INTERVAL_MS.offline;
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

/** What makes two answers different; when to renew is counted from each answer anew. */
function essence(broadcast) {
  return JSON.stringify({ ...broadcast, renew_at: null });
}
