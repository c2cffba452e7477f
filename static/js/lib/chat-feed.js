import { socket } from "lib/socket";

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 8000;
const EARLY_MOST = 1000;

/**
 * A room's lines in the order of their numbers, each once, whatever the socket misses. `last` is the newest number that
 * was handed on. The owner sets `onLine(line)`, `onGone(seqs)`, `onReset()` (what is shown doesn't reach the lines
 * that follow), `onEvent(event)` for everything else, and `onFresh(isFresh)`.
 */
export class ChatFeed {
  onLine = () => {};
  onGone = () => {};
  onReset = () => {};
  onEvent = () => {};
  onFresh = () => {};
  #topic;
  #url;
  #last;
  #early = new Map();
  #leave = null;
  #timer = 0;
  #failures = 0;
  #asking = null;

  constructor(topic, url, last) {
    this.#topic = topic;
    this.#url = url;
    this.#last = last;
  }

  open() {
    this.#leave ??= socket.subscribe(
      this.#topic,
      (event) => this.#take(event),
      (fresh) => this.onFresh(fresh),
    );
  }

  close() {
    this.#leave?.();
    this.#leave = null;
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#asking = null;
  }

  get last() {
    return this.#last;
  }

  /** The page was away from the room: nothing is known of it any more. */
  forget() {
    this.#last = 0;
    this.#early.clear();
  }

  #take(event) {
    if (event.type === "entered" && event.last_seq > this.#last) {
      this.#catchUp();
    }
    if (event.seq === undefined) {
      this.#hand(event);
    } else if (event.type === "kept") {
      // Not everybody here may read it: whoever may is given it by name.
      if (event.seq > this.#last) {
        this.#catchUp();
      }
    } else if (event.seq === this.#last + 1) {
      this.#number(event);
    } else if (event.seq > this.#last) {
      this.#keepEarly(event);
      this.#catchUp();
    }
  }

  #keepEarly(event) {
    if (this.#early.size >= EARLY_MOST) {
      this.#early.clear();
    }
    this.#early.set(event.seq, event);
  }

  #number(event) {
    let next = event;
    while (next) {
      this.#last = next.seq;
      this.#hand(next);
      this.#early.delete(next.seq);
      next = this.#early.get(this.#last + 1);
    }
  }

  #hand(event) {
    if (event.type === "line") {
      this.onLine(event);
    } else if (event.type === "gone") {
      this.onGone(event.seqs);
    } else {
      this.onEvent(event);
    }
  }

  // What the socket didn't bring

  async #catchUp() {
    if (this.#asking || !this.#leave) {
      return;
    }
    clearTimeout(this.#timer);
    const asking = (this.#asking = new AbortController());
    try {
      const signal = AbortSignal.any([asking.signal, AbortSignal.timeout(8000)]);
      const response = await fetch(`${this.#url}?after=${this.#last}`, { signal, redirect: "error" });
      if (!response.ok && response.status !== 403 && response.status !== 404) {
        throw new Error(`lines answered ${response.status}`);
      }
      const answer = response.ok ? await response.json() : { lines: [], gone: [], last_seq: this.#last };
      this.#failures = 0;
      this.#asking = null;
      this.#fill(answer);
    } catch {
      if (this.#asking === asking) {
        this.#asking = null;
        this.#failures += 1;
        const pause = Math.min(FIRST_RETRY_MS * 2 ** this.#failures, LAST_RETRY_MS) * (0.5 + Math.random());
        this.#timer = setTimeout(() => this.#catchUp(), pause);
      }
    }
  }

  /** Lines, what is gone, and how far the room is: numbers between that are missing stay so. */
  #fill({ lines, gone, last_seq: lastSeq }) {
    if (lines.length >= 200 && lines[0].seq > this.#last + 1) {
      this.onReset();
    } else {
      this.onGone(gone);
    }
    for (const line of lines) {
      if (line.seq > this.#last) {
        this.#last = line.seq;
        this.onLine(line);
      }
    }
    this.#last = Math.max(this.#last, lastSeq);
    for (const seq of [...this.#early.keys()].sort((a, b) => a - b)) {
      const event = this.#early.get(seq);
      if (event && seq > this.#last) {
        this.#number(event);
      }
      this.#early.delete(seq);
    }
  }
}
