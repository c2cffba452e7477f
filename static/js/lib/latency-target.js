/**
 * How far behind live to play: the playlist's hold-back, and a little more for a while after a stall that a longer
 * buffer would have bridged. Outages don't count: no buffer of this size bridges those.
 */

const STEP_S = 0.25;
const MOST_S = 1.5;
const BRIDGEABLE_MS = 2500;
const GIVE_BACK_AFTER_MS = 20000;

export class LatencyTarget {
  #extra = 0;
  #changedAt = 0;

  /** The picture moves again after standing still for this long. */
  noteStall(stillMs) {
    if (stillMs < BRIDGEABLE_MS) {
      this.#set(Math.min(this.#extra + STEP_S, MOST_S));
    }
  }

  /** All is well: what was added is given back step by step. */
  noteCalm() {
    if (this.#extra > 0 && performance.now() - this.#changedAt > GIVE_BACK_AFTER_MS) {
      this.#set(Math.max(this.#extra - STEP_S, 0));
    }
  }

  /** Seconds behind live, or null before the first playlist. */
  of(hls) {
    const details = hls.latestLevelDetails;
    const holdBack = details?.partHoldBack || details?.holdBack;
    return holdBack ? holdBack + this.#extra : null;
  }

  #set(extra) {
    this.#extra = extra;
    this.#changedAt = performance.now();
  }
}
