/**
 * The speed that leads to the wanted distance from live and keeps it: faster when too far behind, slower when so
 * close that the next part may come too late. Pitch is kept by the browser; changes come in small steps.
 */

const FASTEST = 1.5;
const SLOWEST = 0.9;
const STEP = 0.05;
/** Off by less than this is right. */
const TOLERANCE_S = 0.06;
const TOO_CLOSE_S = 0.2;
/** Speeding up eats the buffer: so much of it stays. */
const SPARE_S = 0.45;

/**
 * @param {number} behindS how far behind the wanted distance from live; negative when closer
 * @param {number} bufferS what is buffered ahead
 * @param {number} rate the speed now
 */
export function paceFor(behindS, bufferS, rate) {
  const tolerance = rate > 1 ? TOLERANCE_S / 3 : TOLERANCE_S;
  if (behindS > tolerance && bufferS > SPARE_S) {
    return Math.min(FASTEST, Math.max(1 + STEP, inSteps(1 + behindS * 0.4)));
  }
  if (behindS < (rate < 1 ? -TOLERANCE_S : -TOO_CLOSE_S)) {
    return Math.max(SLOWEST, Math.min(1 - STEP, inSteps(1 + behindS * 0.25)));
  }
  return 1;
}

function inSteps(rate) {
  return Math.round(rate / STEP) * STEP;
}
