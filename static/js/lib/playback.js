/**
 * Keeps a <video> playing a live broadcast, whatever breaks in between.
 *
 * Nothing is ever fatal for good: requests are repeated for ever, an expired token is replaced, and a watchdog makes
 * a new hls.js instance when the stream moves on and the picture doesn't.
 */

import Hls from "hls.js";
import { CATCH_UP_RATE, hlsConfig } from "lib/hls-config";
import { SignedPath } from "lib/signed-path";

const TICK_MS = 250;
/** A picture that stands still for longer than this is called starved. */
const STARVED_AFTER_MS = 700;
/** New media arrives, but nothing moves: first a seek, then a new instance. */
const SEEK_AFTER_MS = 2500;
const REOPEN_AFTER_MS = 5000;
/** Neither picture nor playlist move: perhaps hls.js is stuck, so open anew now and then. */
const SILENT_AFTER_MS = 15000;
const REOPEN_DELAYS_MS = [250, 500, 1000, 2000, 4000];
/** Further behind than this, walking back to the live edge takes too long. */
const JUMP_BEHIND_S = 4.5;
const JUMP_EVERY_MS = 4000;
const STEADY_AFTER_MS = 30000;

/**
 * Events: "progress" (the picture moves again), "starved", "drained" (the end was played), "levels", "expired" (the
 * token was refused), "opening" (the picture is about to be replaced by a new instance's).
 */
export class Playback extends EventTarget {
  #video;
  #path = null;
  #url = null;
  #timer = 0;
  #reopenTimer = 0;
  #reopenings = 0;
  #lastTime = -1;
  #movedAt = 0;
  #advancedAt = 0;
  #jumpedAt = 0;
  #soughtAt = 0;
  #stalledAt = 0;
  #recoveredAt = 0;
  #audioUrl = null;

  constructor(video) {
    super();
    this.#video = video;
    this.hls = null;
    this.levels = [];
    this.quality = "auto";
    this.following = true;
    this.wanted = true;
    this.isStarved = false;
    this.isEnding = false;
  }

  static get isSupported() {
    return Hls.isSupported();
  }

  get isOpen() {
    return this.#url !== null;
  }

  /** Play this multivariant playlist; a newer URL of the media already playing only brings its token. */
  open(url) {
    if (this.#path?.covers(url) && this.isOpen && !this.isEnding) {
      if (this.#path.renew(url)) {
        this.#url = url;
      }
      return;
    }
    this.close();
    this.#path = new SignedPath(url);
    this.#url = url;
    this.#audioUrl = null;
    this.#reopenings = 0;
    this.#movedAt = performance.now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#start();
  }

  /** The broadcast is over: play what is there, then say "drained". */
  end() {
    if (this.isOpen && !this.isEnding) {
      this.isEnding = true;
      clearTimeout(this.#reopenTimer);
    }
  }

  close() {
    clearInterval(this.#timer);
    clearTimeout(this.#reopenTimer);
    this.hls?.destroy();
    this.hls = null;
    this.#url = null;
    this.isEnding = false;
    this.isStarved = false;
    this.following = true;
    this.#lastTime = -1;
  }

  /** Where live is: the playlist's hold-back before its edge. */
  get livePosition() {
    return this.hls?.liveSyncPosition ?? null;
  }

  get latency() {
    return this.hls?.latency || null;
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
    const target = Math.max(video.currentTime + seconds, video.seekable.start(0));
    if (target >= live - 0.5) {
      this.goLive();
    } else {
      this.#follow(false);
      video.currentTime = target;
    }
  }

  /** "auto", "audio", or a level's index as a string. */
  setQuality(quality) {
    const wasAudio = this.quality === "audio";
    this.quality = quality;
    if (!this.hls) {
      return;
    }
    if (wasAudio || quality === "audio") {
      this.#reopen();
    } else {
      this.hls.nextLevel = quality === "auto" ? -1 : Number(quality);
    }
    this.dispatchEvent(new Event("levels"));
  }

  get hasAudioOnly() {
    return this.#audioUrl !== null;
  }

  #start() {
    const hls = new Hls(
      hlsConfig({
        rewrite: (url) => this.#path.rewrite(url),
        onRefused: () => this.dispatchEvent(new Event("expired")),
      }),
    );
    this.hls = hls;
    hls.on(Hls.Events.MANIFEST_LOADED, (_, data) => this.#onManifest(data));
    hls.on(Hls.Events.MANIFEST_PARSED, () => this.#onLevels());
    hls.on(Hls.Events.LEVEL_SWITCHED, () => this.dispatchEvent(new Event("levels")));
    hls.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => this.#onPlaylist(details));
    hls.on(Hls.Events.ERROR, (_, data) => this.#onError(data));
    hls.on(Hls.Events.STALL_RESOLVED, () => (this.#stalledAt = performance.now()));
    hls.loadSource(this.quality === "audio" && this.#audioUrl ? this.#audioUrl : this.#url);
    hls.attachMedia(this.#video);
  }

  #onManifest({ levels }) {
    // hls.js leaves renditions without video out of its levels: this one is played as a source of its own.
    const audio = levels.find((level) => !level.videoCodec && !level.width);
    if (levels.length > 1 && audio) {
      this.#audioUrl = audio.url;
    }
  }

  #onLevels() {
    if (this.quality !== "audio") {
      this.levels = this.hls.levels.map(({ height, bitrate, name }) => ({ height, bitrate, name }));
      if (this.quality !== "auto" && !this.levels[Number(this.quality)]) {
        this.quality = "auto";
      }
      if (this.quality !== "auto") {
        this.hls.startLevel = this.hls.loadLevel = Number(this.quality);
      }
    }
    this.dispatchEvent(new Event("levels"));
    this.#play();
  }

  #play() {
    if (this.wanted && this.#video.paused) {
      this.dispatchEvent(new Event("ready"));
    }
  }

  #onPlaylist(details) {
    if (details.advanced) {
      this.#advancedAt = performance.now();
    }
  }

  #onError(data) {
    if (!data.fatal || this.isEnding) {
      return;
    }
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && performance.now() - this.#recoveredAt > 5000) {
      this.#recoveredAt = performance.now();
      this.hls.recoverMediaError();
      this.#play();
    } else {
      this.#reopenSoon();
    }
  }

  #reopenSoon() {
    clearTimeout(this.#reopenTimer);
    const delay = REOPEN_DELAYS_MS[Math.min(this.#reopenings, REOPEN_DELAYS_MS.length - 1)];
    this.#reopenings += 1;
    this.#reopenTimer = setTimeout(() => this.#reopen(), delay);
  }

  /** A new hls.js on the same <video>; the page keeps the last picture meanwhile. */
  #reopen() {
    this.dispatchEvent(new Event("opening"));
    this.hls?.destroy();
    this.#lastTime = -1;
    this.#movedAt = performance.now();
    this.#start();
  }

  #tick() {
    const now = performance.now();
    const video = this.#video;
    if (video.currentTime !== this.#lastTime) {
      this.#lastTime = video.currentTime;
      if (video.currentTime > 0) {
        this.#onMoved(now);
      }
      return;
    }
    if (this.isEnding && (video.ended || now - this.#movedAt > 2 * STARVED_AFTER_MS)) {
      this.close();
      this.dispatchEvent(new Event("drained"));
      return;
    }
    if (video.paused || !this.wanted) {
      this.#movedAt = now;
      return;
    }
    this.#onStill(now);
  }

  #onMoved(now) {
    this.#movedAt = now;
    this.#reopenings = 0;
    if (this.isStarved) {
      this.isStarved = false;
      this.#stalledAt = now;
    }
    this.dispatchEvent(new Event("progress"));
    const hls = this.hls;
    if (!hls || !this.following || this.isEnding) {
      return;
    }
    const behind = hls.latency - (hls.targetLatency ?? hls.latency);
    if (behind > JUMP_BEHIND_S && now - this.#jumpedAt > JUMP_EVERY_MS) {
      this.#jump();
    }
    if (this.#stalledAt && now - this.#stalledAt > STEADY_AFTER_MS) {
      // What hls.js added for stalls that are long past is taken back.
      this.#stalledAt = 0;
      hls.targetLatency = hls.latestLevelDetails?.partHoldBack || hls.targetLatency;
    }
  }

  #onStill(now) {
    const still = now - this.#movedAt;
    if (still > STARVED_AFTER_MS && !this.isStarved) {
      this.isStarved = true;
      this.dispatchEvent(new Event("starved"));
    }
    const mediaArrives = now - this.#advancedAt < 1500;
    if (mediaArrives && still > REOPEN_AFTER_MS) {
      this.#reopen();
    } else if (mediaArrives && still > SEEK_AFTER_MS && now - this.#soughtAt > REOPEN_AFTER_MS) {
      this.#soughtAt = now;
      this.#jump();
    } else if (still > SILENT_AFTER_MS && now - this.#advancedAt > SILENT_AFTER_MS) {
      this.#reopen();
    }
  }

  #follow(following) {
    this.following = following;
    if (this.hls) {
      this.hls.config.maxLiveSyncPlaybackRate = following ? CATCH_UP_RATE : 1;
      this.#video.playbackRate = 1;
    }
  }

  #jump() {
    const live = this.livePosition;
    if (live !== null) {
      this.#jumpedAt = performance.now();
      this.#video.currentTime = live;
    }
  }
}
