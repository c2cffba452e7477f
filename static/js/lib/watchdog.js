/** Watches whether a <video> moves, and calls for help when it doesn't though it could. */

const TICK_MS = 200;
/** A picture that stands still for longer than this is called starved. */
const STARVED_AFTER_MS = 700;
/** New media arrives, but nothing moves: first a seek, then a new start. */
const SEEK_AFTER_MS = 2500;
const RESTART_AFTER_MS = 5000;
/** Neither picture nor playlist moves though the encoder is there: perhaps the player is what hangs. */
const SILENT_AFTER_MS = 12000;
/** The sound goes on, the picture doesn't. */
const FROZEN_AFTER_MS = 1200;
const THAW_EVERY_MS = 4000;
/** Playlists come three times a second. */
const PLAYLIST_GAP_MS = 1500;

export class Watchdog {
  #video;
  #on;
  #timer = 0;
  #lastTime = -1;
  #movedAt = 0;
  #playlistAt = 0;
  #arrivingSince = 0;
  #soughtAt = 0;
  #expectedSince = 0;
  #hasMoved = false;
  #frames = 0;
  #frameAt = 0;
  #thawedAt = 0;

  /** @param {Record<"moved" | "still" | "starved" | "frozen" | "seek" | "restart", (stillMs: number) => void>} on what to do */
  constructor(video, on) {
    this.#video = video;
    this.#on = on;
    this.isStarved = false;
    /** Whether somebody wants to see the picture move. */
    this.wanted = true;
  }

  /** Whether there should be media: nobody is to blame for a silence without an encoder. */
  expectMedia(expected) {
    if (expected && this.#expectedSince === Infinity) {
      this.#expectedSince = performance.now();
    } else if (!expected) {
      this.#expectedSince = Infinity;
    }
  }

  start() {
    this.stop();
    this.reset();
    this.#timer = setInterval(() => this.#tick(performance.now()), TICK_MS);
  }

  stop() {
    clearInterval(this.#timer);
    this.isStarved = false;
  }

  /** Time runs anew, for instance after a restart. */
  reset() {
    this.#lastTime = -1;
    this.#hasMoved = false;
    this.#movedAt = this.#arrivingSince = this.#playlistAt = performance.now();
  }

  /** The playlist has new media. */
  noteMedia() {
    const now = performance.now();
    if (now - this.#playlistAt > PLAYLIST_GAP_MS) {
      this.#arrivingSince = now;
    }
    this.#playlistAt = now;
  }

  get stillMs() {
    return performance.now() - this.#movedAt;
  }

  #tick(now) {
    const { currentTime, paused } = this.#video;
    if (currentTime !== this.#lastTime) {
      this.#lastTime = currentTime;
      if (currentTime > 0) {
        this.#onMoved(now);
      }
    } else if (paused || !this.wanted) {
      this.#movedAt = now;
    } else {
      this.#onStill(now);
    }
  }

  #onMoved(now) {
    // The first picture is no end of a stall.
    const still = this.#hasMoved ? now - this.#movedAt : 0;
    this.#hasMoved = true;
    this.#movedAt = now;
    this.isStarved = false;
    this.#on.moved(still);
    this.#watchFrames(now, still);
  }

  #watchFrames(now, still) {
    const frames = this.#video.getVideoPlaybackQuality?.().totalVideoFrames;
    if (frames !== this.#frames || !this.#video.videoWidth || document.hidden || still > STARVED_AFTER_MS) {
      this.#frames = frames;
      this.#frameAt = now;
    } else if (now - this.#frameAt > FROZEN_AFTER_MS && now - this.#thawedAt > THAW_EVERY_MS) {
      this.#thawedAt = now;
      this.#on.frozen(now - this.#frameAt);
    }
  }

  #onStill(now) {
    const still = now - this.#movedAt;
    this.#on.still(still);
    if (still > STARVED_AFTER_MS && !this.isStarved) {
      this.isStarved = true;
      this.#on.starved(still);
    }
    const arriving = now - this.#playlistAt < PLAYLIST_GAP_MS;
    const helpless = Math.min(still, now - this.#arrivingSince);
    const silent = Math.min(still, now - this.#playlistAt, now - this.#expectedSince);
    if (arriving && helpless > RESTART_AFTER_MS) {
      this.#on.restart(still);
    } else if (arriving && helpless > SEEK_AFTER_MS && now - this.#soughtAt > RESTART_AFTER_MS) {
      this.#soughtAt = now;
      this.#on.seek(still);
    } else if (silent > SILENT_AFTER_MS) {
      this.#on.restart(still);
    }
  }
}
