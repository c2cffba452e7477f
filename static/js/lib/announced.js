/** Breaks as a playlist announces them: date ranges of our own class (ads/announcing.py). */

const CLASS = "org.estrade.ad-break";
const NUMBER = "X-ORG-ESTRADE-BREAK";

/**
 * The breaks among a playlist's date ranges, by when they begin for whoever sees this moment of the broadcast.
 *
 * @param {object[]} ranges as hls.js has them
 * @param {Date} playing the wall clock of what is to be seen
 */
export function breaksAmong(ranges, playing) {
  return ranges
    .filter((range) => range.class === CLASS && range.isValid)
    .map((range) => ({
      number: Number(range.attr[NUMBER]),
      dueInMs: range.startDate.getTime() - playing.getTime(),
      seconds: range.plannedDuration ?? 0,
    }));
}

/** An offer doesn't live long: it is asked for within so long before it is due. */
const ASKED_WITHIN_MS = 10_000;

/**
 * After how long somebody asks for their ad of a break that is due for them in so many milliseconds: at a moment of
 * their own, so that not everybody does at once, and not too early for those who are far behind.
 *
 * @param {number} dueInMs
 * @param {number} random from 0 to 1
 */
export function askAfterMs(dueInMs, random) {
  const beforeMs = Math.max(0, dueInMs);
  return Math.max(0, beforeMs - ASKED_WITHIN_MS) + random * 0.7 * Math.min(beforeMs, ASKED_WITHIN_MS);
}
