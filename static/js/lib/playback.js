/**
 * Keeps a <video> playing a live broadcast, whatever breaks in between.
 *
 * Nothing is ever fatal for good: requests are repeated for ever, an expired token is replaced, and a watchdog makes
 * a new hls.js instance when the stream moves on and the picture doesn't.
 */

import Hls from "hls.js";
import { cleanJoints } from "lib/clean-joints";
import { HeldPlaylists } from "lib/held-playlists";
import { hlsConfig } from "lib/hls-config";
import { LiveEdge } from "lib/live-edge";
import { SignedPath } from "lib/signed-path";
import { warmLoader, warmUpOf } from "lib/warm-up";
import { Watchdog } from "lib/watchdog";

const RESTART_DELAYS_MS = [0, 500, 1000, 2000, 4000];
/** After playing for this long the next trouble is a new one. */
const STEADY_AFTER_MS = 5000;
/** hls.js may run in circles, for instance when a session's tracks differ from the last one's. */
const STORM_ERRORS = 25;
const STORM_MS = 2000;
/** Once the broadcast is over, a picture that stands still this long has played all there was. */
const DRAINED_AFTER_MS = 1500;

/**
 * Events: "ready" (media is attached and may be played), "progress" (the picture moves), "starved" (it doesn't),
 * "drained" (the end was played), "levels" (choice of qualities or the one playing), "expired" (the token was
 * refused), "opening" (the picture is about to be taken away by a new start), "ranges" (the playlist has date ranges:
 * `detail` is all of them, each time it comes).
 */
export class Playback extends EventTarget {
  #video;
  #path = null;
  #url = null;
  #audioUrl = null;
  #watchdog;
  #restartTimer = 0;
  #restarts = 0;
  #startedAt = 0;
  #errorTimes = [];
  #endTimer = 0;

  constructor(video) {
    super();
    this.#video = video;
    this.hls = null;
    this.levels = [];
    this.quality = "auto";
    this.edge = new LiveEdge(video);
    video.addEventListener("loadeddata", () => this.edge.begin());
    this.isEnding = false;
    this.#watchdog = new Watchdog(video, {
      moved: (stillMs) => this.#onMoved(stillMs),
      still: () => this.edge.hop(),
      starved: () => this.#tell("starved"),
      frozen: () => this.edge.flush(),
      seek: () => this.edge.jump(),
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
    this.quality = "auto";
    this.edge = new LiveEdge(this.#video);
    this.#watchdog.start();
    this.#start();
  }

  /** The signed address of another file beside the playlist that is played; null while nothing is. */
  address(file) {
    return this.isOpen ? this.#path.rewrite(this.#url).replace(/[^/]+$/, file) : null;
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
    this.#stopWaiting();
    this.#endTimer = setInterval(() => {
      if (this.#video.ended || this.#video.paused || this.#watchdog.stillMs > DRAINED_AFTER_MS) {
        this.close({ keepPicture: true });
        this.#tell("drained");
      }
    }, 200);
  }

  close({ keepPicture = false } = {}) {
    clearInterval(this.#endTimer);
    this.#stopWaiting();
    this.#watchdog.stop();
    if (keepPicture) {
      this.#tell("opening");
    }
    this.hls?.destroy();
    this.hls = null;
    this.edge.use(null);
    this.#url = this.#audioUrl = null;
    this.isEnding = false;
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
    const source = (this.quality === "audio" && this.#audioUrl) || this.#url;
    const config = hlsConfig({ rewrite, onRefused: () => this.#tell("expired") });
    const hls = new Hls({ ...config, loader: warmLoader(Hls.DefaultConfig.loader, warmUpOf(source, rewrite)) });
    this.hls = hls;
    this.#startedAt = performance.now();
    hls.on(Hls.Events.MANIFEST_LOADED, (_, { levels }) => this.#onManifest(levels));
    hls.on(Hls.Events.MANIFEST_PARSED, () => this.#onLevels());
    hls.on(Hls.Events.BUFFER_CREATED, (_, { tracks }) => {
      Object.values(tracks).forEach((track) => cleanJoints(track.buffer));
    });
    hls.on(Hls.Events.BUFFER_APPENDED, () => this.edge.begin());
    hls.on(Hls.Events.LEVEL_SWITCHED, () => this.#tell("levels"));
    hls.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => {
      held.note(details.url, details);
      if (details.advanced) {
        this.#watchdog.noteMedia();
      }
      this.#tellOfRanges(Object.values(details.dateRanges));
    });
    hls.on(Hls.Events.ERROR, (_, data) => {
      if (data.details === Hls.ErrorDetails.LEVEL_LOAD_ERROR && [400, 404].includes(data.response?.code)) {
        held.forget(data.url ?? "");
      }
      this.#onError(data);
    });
    hls.loadSource(source);
    hls.attachMedia(this.#video);
    this.edge.use(hls);
  }

  #tellOfRanges(ranges) {
    if (ranges.length > 0) {
      this.dispatchEvent(new CustomEvent("ranges", { detail: ranges }));
    }
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
      this.levels = this.hls.levels.map(({ height, name, url }) => ({
        label: height ? `${height}p` : name,
        isSource: url.some((one) => one.includes("/source/")),
      }));
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
    const now = performance.now();
    this.#errorTimes = [...this.#errorTimes.filter((at) => now - at < STORM_MS), now];
    const isStorm = this.#errorTimes.length > STORM_ERRORS;
    if ((data.fatal || isStorm) && !this.isEnding) {
      this.hls.stopLoad();
      this.#restartSoon();
    }
  }

  #restartSoon() {
    if (this.#restartTimer) {
      return;
    }
    const delay = RESTART_DELAYS_MS[Math.min(this.#restarts, RESTART_DELAYS_MS.length - 1)];
    this.#restarts += 1;
    this.#restartTimer = setTimeout(() => this.#restart(), delay);
  }

  /** A new hls.js on the same <video>. */
  #restart() {
    this.#stopWaiting();
    this.#tell("opening");
    this.hls?.destroy();
    this.#watchdog.reset();
    this.#start();
  }

  #stopWaiting() {
    clearTimeout(this.#restartTimer);
    this.#restartTimer = 0;
    this.#errorTimes = [];
  }

  #onMoved(stillMs) {
    if (performance.now() - this.#startedAt > STEADY_AFTER_MS) {
      this.#restarts = 0;
    }
    this.#tell("progress");
    if (!this.isEnding) {
      this.edge.keepUp(stillMs);
    }
  }
}
