/**
 * Going back to the start of a broadcast while it is live: the recording that grows beside it, played in the same
 * <video>. Times are times of day on the server's clock.
 */

const ANY_ID = "00000000-0000-0000-0000-000000000000";
const ASK_EACH_MS = 15000;
/** A recording is as far as the last whole segment. */
const LAST_SEGMENT_MS = 4000;
const RELAYED = ["ready", "progress", "opening", "levels"];

/**
 * Fires "change" when there is something to rewind, or no longer, and "ready", "progress", "opening" and "levels" of
 * `playback`, which is null until somebody rewinds: few do, so what it takes is fetched only then.
 */
export class Rewind extends EventTarget {
  #video;
  #recordingUrl;
  #broadcast = null;
  #recording = null;
  #askedAt = -Infinity;

  /** @param {string} recordingUrl with noughts where a broadcast's id belongs */
  constructor(video, recordingUrl) {
    super();
    this.playback = null;
    this.#video = video;
    this.#recordingUrl = recordingUrl;
    this.isOn = false;
  }

  /** Whether the broadcast can be rewound, as far as is known. */
  get isOffered() {
    return this.#recording !== null;
  }

  get startedAt() {
    return Date.parse(this.#recording?.started_at ?? "");
  }

  /** Ask what there is of this broadcast (an id), at most every few seconds. */
  async ask(broadcast) {
    if (!broadcast || (broadcast === this.#broadcast && performance.now() - this.#askedAt < ASK_EACH_MS)) {
      return;
    }
    this.#broadcast = broadcast;
    this.#askedAt = performance.now();
    try {
      const response = await fetch(this.#url, { credentials: "same-origin" });
      const recording = response.ok ? await response.json() : null;
      this.#recording = recording?.state === "recording" ? recording : null;
    } catch {
      this.#recording = null;
    }
    this.dispatchEvent(new Event("change"));
  }

  get #url() {
    return this.#recordingUrl.replace(ANY_ID, this.#broadcast);
  }

  /** Play from this time of day on. Returns whether that could be done. */
  async to(date, { now }) {
    const latest = now - LAST_SEGMENT_MS;
    const target = Math.min(date, latest);
    if (this.isOn) {
      return this.playback.seekToDate(target);
    }
    const position = await this.#find(target);
    if (position === null) {
      return false;
    }
    this.isOn = true;
    this.playback.open(this.#url, this.#recording, position);
    return true;
  }

  async #find(date) {
    try {
      const { positionOf } = await this.#prepare();
      const response = await fetch(this.#recording.playlist_url.replace("master.m3u8", "source.m3u8"));
      return response.ok ? positionOf(await response.text(), date) : null;
    } catch {
      return null;
    }
  }

  async #prepare() {
    const [{ RecordedPlayback }, clock] = await Promise.all([import("lib/recorded-playback"), import("lib/recording-clock")]);
    if (!this.playback) {
      this.playback = new RecordedPlayback(this.#video);
      for (const type of RELAYED) {
        this.playback.addEventListener(type, () => this.dispatchEvent(new Event(type)));
      }
    }
    return clock;
  }

  stop() {
    this.isOn = false;
    this.playback?.close();
  }
}
