/**
 * Keeps a <video> playing a live broadcast, whatever breaks in between.
 *
 * Nothing is ever fatal for good: requests are repeated for ever, an expired token is replaced, and a watchdog makes
 * a new hls.js instance when the stream moves on and the picture doesn't.
 */

import Hls from "hls.js";
import { behindHole, bufferAhead } from "lib/buffered";
import { HeldPlaylists } from "lib/held-playlists";
import { hlsConfig } from "lib/hls-config";
import { LatencyTarget } from "lib/latency-target";
import { paceFor } from "lib/pace";
import { SignedPath } from "lib/signed-path";
import { Watchdog } from "lib/watchdog";

const RESTART_DELAYS_MS = [250, 500, 1000, 2000, 4000];
/** One attempt at mending a media error in this time; the next one within it gets a new instance. */
const MEND_EVERY_MS = 5000;
/** Further behind than this, walking back to the live edge takes too long. */
const JUMP_BEHIND_S = 4.5;
const JUMP_EVERY_MS = 4000;
/** Encoders come back a few frames off: holes up to this are skipped. */
const HOLE_S = 0.6;
/** Once the broadcast is over, a picture that stands still this long has played all there was. */
const DRAINED_AFTER_MS = 1500;
/** A pause between two looks at the picture that is longer than this was a stall. */
const STALL_MS = 600;

/**
 * Events: "ready" (media is attached and may be played), "progress" (the picture moves), "starved" (it doesn't),
 * "drained" (the end was played), "levels" (choice of qualities or the one playing), "expired" (the token was
 * refused), "opening" (the picture is about to be taken away by a new start).
 */
export class Playback extends EventTarget {
  #video;
  #path = null;
  #url = null;
  #audioUrl = null;
  #watchdog;
  #target;
  #restartTimer = 0;
  #restarts = 0;
  #jumpedAt = 0;
  #mendedAt = -Infinity;
  #endTimer = 0;

  constructor(video) {
    super();
    this.#video = video;
    this.hls = null;
    this.levels = [];
    this.quality = "auto";
    this.following = true;
    this.isEnding = false;
    this.#watchdog = new Watchdog(video, {
      moved: (stillMs) => this.#onMoved(stillMs),
      still: () => this.#hop(),
      starved: () => this.#tell("starved"),
      frozen: () => this.#flush(),
      seek: () => this.#jump(),
      restart: () => this.#restart(),
    });
  }

  static get isSupported() {
    return Hls.isSupported();
  }

  get isOpen() {
    return this.#url !== null;
  }

  get isStarved() {
    return this.#watchdog.isStarved;
  }

  /** Whether somebody wants to watch now, or has paused. */
  get wanted() {
    return this.#watchdog.wanted;
  }

  set wanted(wanted) {
    this.#watchdog.wanted = wanted;
  }

  /** Play this multivariant playlist; a newer URL of the media already playing only brings its token. */
  open(url) {
    if (this.isOpen && !this.isEnding && this.#path.covers(url)) {
      this.#path.renew(url);
      return;
    }
    this.close();
    this.#path = new SignedPath(url);
    this.#url = url;
    this.#restarts = 0;
    this.#target = new LatencyTarget();
    this.#watchdog.start();
    this.#start();
  }

  /** Whether an encoder is there: without one nobody need wonder that no media comes. */
  expectMedia(expected) {
    this.#watchdog.expectMedia(expected);
  }

  /** The broadcast is over: play what is there, then say "drained". */
  end() {
    if (!this.isOpen || this.isEnding) {
      return;
    }
    this.isEnding = true;
    this.#watchdog.expectMedia(false);
    clearTimeout(this.#restartTimer);
    this.#endTimer = setInterval(() => {
      if (this.#video.ended || this.#video.paused || this.#watchdog.stillMs > DRAINED_AFTER_MS) {
        this.close({ keepPicture: true });
        this.#tell("drained");
      }
    }, 200);
  }

  close({ keepPicture = false } = {}) {
    clearInterval(this.#endTimer);
    clearTimeout(this.#restartTimer);
    this.#watchdog.stop();
    if (keepPicture) {
      this.#tell("opening");
    }
    this.hls?.destroy();
    this.hls = null;
    this.#url = this.#audioUrl = null;
    this.isEnding = false;
    this.following = true;
  }

  /** Where live is: the playlist's hold-back before its edge. */
  get livePosition() {
    return this.hls?.liveSyncPosition ?? null;
  }

  get latency() {
    return this.hls?.latency || null;
  }

  get targetLatency() {
    return this.hls ? this.#target.of(this.hls) : null;
  }

  goLive() {
    this.#follow(true);
    this.#jump();
  }

  /** Look back within what the playlist still holds; the player stays there until it is sent back to live. */
  seekBy(seconds) {
    const video = this.#video;
    const live = this.livePosition;
    if (live === null || video.seekable.length === 0) {
      return;
    }
    const target = Math.max(video.currentTime + seconds, video.seekable.start(0) + 1);
    if (target >= live - 0.5) {
      this.goLive();
    } else {
      this.#follow(false);
      video.currentTime = target;
    }
  }

  get hasAudioOnly() {
    return this.#audioUrl !== null;
  }

  /** "auto", "audio", or a level's index as a string. */
  setQuality(quality) {
    const crossesAudio = quality !== this.quality && (quality === "audio" || this.quality === "audio");
    this.quality = quality;
    if (crossesAudio && this.hls) {
      this.#restart();
    } else if (this.hls) {
      this.hls.nextLevel = quality === "auto" ? -1 : Number(quality);
    }
    this.#tell("levels");
  }

  #tell(type) {
    this.dispatchEvent(new Event(type));
  }

  #start() {
    const held = new HeldPlaylists();
    const rewrite = (url) => held.direct(this.#path.rewrite(url));
    const hls = new Hls(hlsConfig({ rewrite, onRefused: () => this.#tell("expired") }));
    this.hls = hls;
    hls.on(Hls.Events.MANIFEST_LOADED, (_, { levels }) => this.#onManifest(levels));
    hls.on(Hls.Events.MANIFEST_PARSED, () => this.#onLevels());
    hls.on(Hls.Events.LEVEL_SWITCHED, () => this.#tell("levels"));
    hls.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => {
      held.note(details.url, details);
      if (details.advanced) {
        this.#watchdog.noteMedia();
      }
    });
    hls.on(Hls.Events.ERROR, (_, data) => {
      if (data.details === Hls.ErrorDetails.LEVEL_LOAD_ERROR && [400, 404].includes(data.response?.code)) {
        held.forget(data.url ?? "");
      }
      this.#onError(data);
    });
    hls.loadSource((this.quality === "audio" && this.#audioUrl) || this.#url);
    hls.attachMedia(this.#video);
    this.#follow(this.following);
  }

  #onManifest(levels) {
    // hls.js leaves renditions without video out of its levels: this one is played as a source of its own.
    const audio = levels.find((level) => !level.videoCodec && !level.width);
    if (levels.length > 1 && audio) {
      this.#audioUrl = audio.url;
    }
  }

  #onLevels() {
    if (this.quality !== "audio") {
      this.levels = this.hls.levels.map(({ height, bitrate, name }) => ({ height, bitrate, name }));
      if (this.levels[Number(this.quality)]) {
        this.hls.startLevel = this.hls.loadLevel = Number(this.quality);
      } else {
        this.quality = "auto";
      }
    }
    this.#tell("levels");
    this.#tell("ready");
  }

  #onError(data) {
    if (!data.fatal || this.isEnding) {
      return;
    }
    const now = performance.now();
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && now - this.#mendedAt > MEND_EVERY_MS) {
      this.#mendedAt = now;
      this.#tell("opening");
      this.hls.recoverMediaError();
      this.#tell("ready");
    } else {
      this.#restartSoon();
    }
  }

  #restartSoon() {
    clearTimeout(this.#restartTimer);
    const delay = RESTART_DELAYS_MS[Math.min(this.#restarts, RESTART_DELAYS_MS.length - 1)];
    this.#restarts += 1;
    this.#restartTimer = setTimeout(() => this.#restart(), delay);
  }

  /** A new hls.js on the same <video>. */
  #restart() {
    this.#tell("opening");
    this.hls?.destroy();
    this.#watchdog.reset();
    this.#start();
  }

  #onMoved(stillMs) {
    this.#restarts = 0;
    this.#tell("progress");
    const { hls } = this;
    const target = this.targetLatency;
    if (target === null || !hls.latency || !this.following || this.isEnding) {
      return;
    }
    if (stillMs > STALL_MS) {
      this.#target.noteStall(stillMs);
      this.#flush();
    } else {
      this.#target.noteCalm();
    }
    const behind = hls.latency - target;
    if (behind > JUMP_BEHIND_S && performance.now() - this.#jumpedAt > JUMP_EVERY_MS) {
      this.#jump();
    } else {
      this.#setRate(paceFor(behind, bufferAhead(this.#video), this.#video.playbackRate));
    }
  }

  #follow(following) {
    this.following = following;
    this.#setRate(1);
  }

  #setRate(rate) {
    if (Math.abs(this.#video.playbackRate - rate) > 0.01) {
      this.#video.playbackRate = rate;
    }
  }

  #jump() {
    const live = this.livePosition;
    if (live !== null) {
      this.#jumpedAt = performance.now();
      this.#video.currentTime = live;
    }
  }

  /**
   * Have the browser decode anew from where it is. When an encoder came back with a picture that overlaps the last
   * one's end, Chromium plays the sound but shows nothing until the next key frame.
   */
  #flush() {
    this.#video.currentTime += 0.001;
  }

  /** hls.js skips holes too, but only once it has the segment behind them whole. */
  #hop() {
    const target = behindHole(this.#video, HOLE_S);
    if (target !== null && bufferAhead(this.#video) < 0.1) {
      this.#video.currentTime = target + 0.01;
    }
  }
}
