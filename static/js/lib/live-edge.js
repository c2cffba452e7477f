/** Where a <video> is between the oldest segment and live, and what brings it to where it should be. */

import { behindHole, bufferAhead } from "lib/buffered";
import { LatencyTarget } from "lib/latency-target";
import { paceFor } from "lib/pace";

/** Further behind than this, walking back to the live edge takes too long. */
const JUMP_BEHIND_S = 4.5;
const JUMP_EVERY_MS = 4000;
/** Encoders come back a few frames off: holes up to this are skipped. */
const HOLE_S = 0.6;
/** A pause between two looks at the picture that is longer than this was a stall. */
const STALL_MS = 600;
/** Playing may begin so much behind where it should be: the pace makes up for that. */
const BEGUN_CLOSE_S = 0.3;
/** Into the first picture: times are rounded. */
const FIRST_S = 0.01;
/** A little is buffered ahead of where playing goes on. */
const LANDING_S = 0.15;

export class LiveEdge {
  #video;
  #hls = null;
  #target = new LatencyTarget();
  #jumpedAt = 0;
  #isBeginning = false;

  constructor(video) {
    this.#video = video;
    /** Whether to stay at live; somebody who looks back doesn't. */
    this.following = true;
  }

  /** Go by this hls.js instance from here on, or by none. */
  use(hls) {
    this.#hls = hls;
    this.#isBeginning = hls !== null;
    this.#setRate(1);
  }

  /** The playlist's hold-back before its edge. */
  get position() {
    return this.#hls?.liveSyncPosition ?? null;
  }

  /** Seconds behind the edge, now and as it should be. */
  get latency() {
    return this.#hls?.latency || null;
  }

  get targetLatency() {
    return this.#hls ? this.#target.of(this.#hls) : null;
  }

  goLive() {
    this.following = true;
    this.jump();
  }

  seekBy(seconds) {
    const { currentTime, seekable } = this.#video;
    const live = this.position;
    if (live === null || seekable.length === 0) {
      return;
    }
    this.#isBeginning = false;
    const target = Math.max(currentTime + seconds, seekable.start(0) + 1);
    if (target >= live - 0.5) {
      this.goLive();
    } else {
      this.following = false;
      this.#setRate(1);
      this.#video.currentTime = target;
    }
  }

  /**
   * Playing begins at a key frame, up to a GOP behind where it should be: that picture is there first. Once it is
   * shown, and what belongs after it is buffered, playing goes on where it should. Called whenever something has come.
   */
  begin() {
    const live = this.position;
    if (!this.#isBeginning || live === null) {
      return;
    }
    if (this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      this.#showFirst();
      return;
    }
    const behind = live - this.#video.currentTime;
    if (behind < BEGUN_CLOSE_S) {
      this.#isBeginning = false;
    } else if (bufferAhead(this.#video) > behind + LANDING_S) {
      this.#isBeginning = false;
      this.jump();
    }
  }

  /** hls.js goes to what it has only at its next look, each 100 ms. */
  #showFirst() {
    const { buffered, currentTime, seeking } = this.#video;
    if (buffered.length > 0 && !seeking && currentTime < buffered.start(0)) {
      this.#video.currentTime = buffered.start(0) + FIRST_S;
    }
  }

  jump() {
    const live = this.position;
    if (live !== null) {
      this.#jumpedAt = performance.now();
      this.#video.currentTime = live;
    }
  }

  /** The picture moves, after standing still for this long. */
  keepUp(stillMs) {
    const target = this.targetLatency;
    if (target === null || this.latency === null || !this.following) {
      return;
    }
    if (stillMs > STALL_MS) {
      this.#target.noteStall(stillMs);
      this.flush();
    } else {
      this.#target.noteCalm();
    }
    const behind = this.latency - target;
    if (behind > JUMP_BEHIND_S && performance.now() - this.#jumpedAt > JUMP_EVERY_MS) {
      this.jump();
    } else {
      this.#setRate(paceFor(behind, bufferAhead(this.#video), this.#video.playbackRate));
    }
  }

  /**
   * Have the browser decode anew from where it is. When an encoder came back with a picture that overlaps the last
   * one's end, Chromium plays the sound but shows nothing until the next key frame.
   */
  flush() {
    this.#video.currentTime += 0.001;
  }

  /** hls.js skips holes too, but only once it has the segment behind them whole. */
  hop() {
    const target = behindHole(this.#video, HOLE_S);
    if (target !== null && bufferAhead(this.#video) < 0.1) {
      this.#video.currentTime = target + 0.01;
    }
  }

  #setRate(rate) {
    if (Math.abs(this.#video.playbackRate - rate) > 0.01) {
      this.#video.playbackRate = rate;
    }
  }
}
