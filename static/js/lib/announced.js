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
