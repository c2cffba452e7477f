/**
 * Plays a recording in a <video>: one that is finished, or one that still grows while its broadcast is live. Requests
 * are repeated for ever, and a refused address is replaced by what the server says now.
 *
 * Events: "ready", "progress", "levels", "opening" as lib/playback has them.
 */

import Hls from "hls.js";
import { RecordingAddresses } from "lib/recording-addresses";

const RENEW_EACH_MS = 3000;
const RESTART_AFTER_MS = 1500;
const REFUSED = [403, 404, 410];

export class RecordedPlayback extends EventTarget {
  #video;
  #recordingUrl = null;
  #url = null;
  #audioUrl = null;
  #addresses = new RecordingAddresses();
  #renewedAt = -Infinity;
  #renewal = 0;
  #restart = 0;
  #listening = null;

  constructor(video) {
    super();
    this.#video = video;
    this.hls = null;
    this.levels = [];
    this.quality = "auto";
    this.wanted = true;
    this.isEnding = this.isStarved = false;
    this.edge = {
      following: false,
      position: Infinity,
      latency: null,
      targetLatency: null,
      goLive() {},
      seekBy: (seconds) => (video.currentTime = Math.max(0, video.currentTime + seconds)),
    };
  }

  get isOpen() {
    return this.#url !== null;
  }

  get hasAudioOnly() {
    return this.#audioUrl !== null;
  }

  /** Play what the server said of a recording, from so many seconds on; ask at `recordingUrl` when it expires. */
  open(recordingUrl, recording, at = 0) {
    this.close();
    this.#recordingUrl = recordingUrl;
    this.#url = recording.playlist_url;
    this.#take(recording);
    this.#listening = new AbortController();
    this.#video.addEventListener("timeupdate", () => this.#tell("progress"), { signal: this.#listening.signal });
    this.#start(at);
  }

  close() {
    clearTimeout(this.#renewal);
    clearTimeout(this.#restart);
    this.#listening?.abort();
    this.hls?.destroy();
    this.hls = this.#url = this.#audioUrl = null;
    this.quality = "auto";
  }

  /** "auto", "audio", or a level's index as a string. */
  setQuality(quality) {
    const crossesAudio = quality !== this.quality && (quality === "audio" || this.quality === "audio");
    this.quality = quality;
    if (crossesAudio) {
      this.#startAgain();
    } else {
      this.hls.nextLevel = quality === "auto" ? -1 : Number(quality);
    }
    this.#tell("levels");
  }

  /** When what is to be seen was live; null before there is something. */
  get playingDate() {
    return this.hls?.playingDate ?? null;
  }

  /** What time of day, in ms, was live at a position: across interruptions, and before what is there plays. */
  dateAt(position) {
    const fragments = this.hls?.latestLevelDetails?.fragments ?? [];
    const fragment = fragments.findLast(({ start }) => start <= position) ?? fragments[0];
    return fragment?.programDateTime ? fragment.programDateTime + (position - fragment.start) * 1000 : null;
  }

  /** Go to what was live at that time, or came next. Returns whether the recording has it. */
  seekToDate(date) {
    const fragments = this.hls?.latestLevelDetails?.fragments ?? [];
    const fragment = fragments.findLast(({ programDateTime }) => programDateTime && programDateTime <= date);
    if (!fragment) {
      return false;
    }
    const into = (date - fragment.programDateTime) / 1000;
    this.#video.currentTime = fragment.start + Math.min(Math.max(into, 0), fragment.duration - 0.1);
    return into <= fragment.duration;
  }

  #tell(type) {
    this.dispatchEvent(new Event(type));
  }

  #take({ playlist_url: playlistUrl, files, renew_at: renewAt }) {
    this.#addresses.take(files);
    if (playlistUrl?.startsWith("/recordings/")) {
      this.#addresses.take([playlistUrl]);
    }
    clearTimeout(this.#renewal);
    const wait = Date.parse(renewAt) - Date.now();
    if (wait > 0 && wait < 2 ** 31) {
      this.#renewal = setTimeout(() => this.#renew(), wait);
    }
  }

  async #renew() {
    if (performance.now() - this.#renewedAt < RENEW_EACH_MS) {
      return;
    }
    this.#renewedAt = performance.now();
    try {
      const response = await fetch(this.#recordingUrl, { credentials: "same-origin" });
      if (response.ok && this.isOpen) {
        this.#take(await response.json());
      }
    } catch {
      // The next refusal asks again.
    }
  }

  #start(at) {
    const retry = {
      maxNumRetry: Infinity,
      retryDelayMs: 500,
      maxRetryDelayMs: 4000,
      shouldRetry: (_config, _count, _isTimeout, response) => {
        if (REFUSED.includes(response?.code)) {
          this.#renew();
        }
        return true;
      },
    };
    const policy = {
      default: { maxTimeToFirstByteMs: 15000, maxLoadTimeMs: 60000, timeoutRetry: retry, errorRetry: retry },
    };
    const hls = new Hls({
      lowLatencyMode: false,
      startPosition: at,
      liveDurationInfinity: true,
      backBufferLength: 60,
      enableWorker: false,
      testBandwidth: false,
      abrEwmaDefaultEstimate: 4_000_000,
      manifestLoadPolicy: policy,
      playlistLoadPolicy: policy,
      fragLoadPolicy: policy,
      xhrSetup: (xhr, url) => xhr.open("GET", this.#addresses.rewrite(url), true),
    });
    this.hls = hls;
    hls.on(Hls.Events.MANIFEST_LOADED, (_, { levels }) => this.#onManifest(levels));
    hls.on(Hls.Events.MANIFEST_PARSED, () => this.#onLevels());
    hls.on(Hls.Events.LEVEL_SWITCHED, () => this.#tell("levels"));
    hls.on(Hls.Events.ERROR, (_, { fatal }) => fatal && this.#restartSoon());
    hls.loadSource((this.quality === "audio" && this.#audioUrl) || this.#url);
    hls.attachMedia(this.#video);
  }

  #startAgain() {
    clearTimeout(this.#restart);
    this.#restart = 0;
    const at = this.#video.currentTime;
    this.#tell("opening");
    this.hls?.destroy();
    this.#start(at);
  }

  #restartSoon() {
    this.#restart ||= setTimeout(() => this.#startAgain(), RESTART_AFTER_MS);
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
        isSource: url.some((one) => one.includes("/source.m3u8")),
      }));
    }
    this.#tell("levels");
    this.#tell("ready");
  }
}
