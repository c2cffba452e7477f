const FEW = 30;
const BACK_MS = 700;
const JUMP_MS = 4000;
const SETTLED_MS = 250;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 15000;
const REFUSED = [403, 404];

/**
 * The lines of a broadcast in step with a clock: `turn(ms)` says what time of day is being played. Pages of lines are
 * fetched as they are needed, and anew after a jump. The owner sets `onLine(line)`, `onReset()` (the clock has jumped:
 * what is shown goes) and `onReach(isReached)`, whether lines can be fetched.
 */
export class ReplayLines {
  onLine = () => {};
  onReset = () => {};
  onReach = () => {};
  #url;
  #clock = null;
  #lines = [];
  #last = 0;
  #isWhole = false;
  #isJumping = false;
  #asking = null;
  #timer = 0;
  #failures = 0;

  constructor(url) {
    this.#url = url;
  }

  turn(clock) {
    const step = this.#clock === null ? Infinity : clock - this.#clock;
    this.#clock = clock;
    if (step < -BACK_MS || (step > JUMP_MS && !this.#reaches(clock))) {
      this.#jump();
    } else if (!this.#isJumping) {
      this.#show();
      this.#goOn();
    }
  }

  /** Forget where the clock was: the next turn begins anew. */
  stop() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#asking = this.#clock = null;
    this.#isJumping = false;
  }

  #reaches(clock) {
    return !this.#isJumping && (this.#isWhole || timeOf(this.#lines.at(-1)) >= clock);
  }

  /** Who drags along the seek bar jumps many times: the last one counts. */
  #jump() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#asking = null;
    this.#isJumping = true;
    this.#timer = setTimeout(() => this.#ask(), SETTLED_MS);
  }

  #goOn() {
    if (!this.#isWhole && !this.#asking && this.#lines.length < FEW) {
      this.#ask();
    }
  }

  async #ask() {
    clearTimeout(this.#timer);
    const asking = (this.#asking = new AbortController());
    const query = this.#isJumping ? `at=${Math.round(this.#clock)}` : `after=${this.#last}`;
    try {
      const signal = AbortSignal.any([asking.signal, AbortSignal.timeout(8000)]);
      const response = await fetch(`${this.#url}?${query}`, { signal, redirect: "error" });
      if (!response.ok && !REFUSED.includes(response.status)) {
        throw new Error(`lines answered ${response.status}`);
      }
      const page = response.ok ? await response.json() : { earlier: [], lines: [], has_more: false };
      if (this.#asking === asking) {
        this.#asking = null;
        this.#failures = 0;
        this.onReach(true);
        this.#take(page);
      }
    } catch {
      if (this.#asking === asking) {
        this.onReach(false);
        this.#askLater();
      }
    }
  }

  /** Still asking, as far as others go: one question at a time. */
  #askLater() {
    this.#failures += 1;
    const pause = Math.min(FIRST_RETRY_MS * 2 ** this.#failures, LAST_RETRY_MS) * (0.5 + Math.random());
    this.#timer = setTimeout(() => this.#ask(), pause);
  }

  #take({ earlier, lines, has_more: hasMore }) {
    if (this.#isJumping) {
      this.#isJumping = false;
      this.#lines = [];
      this.onReset();
      earlier.forEach((line) => this.onLine(line));
    }
    this.#lines.push(...lines);
    this.#last = lines.at(-1)?.seq ?? this.#last;
    this.#isWhole = !hasMore;
    this.#show();
  }

  #show() {
    while (this.#lines.length > 0 && timeOf(this.#lines[0]) <= this.#clock) {
      this.onLine(this.#lines.shift());
    }
  }
}

function timeOf(line) {
  return line ? Date.parse(line.shown_at) : -Infinity;
}
