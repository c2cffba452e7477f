import { bufferAhead } from "lib/buffered";

/** Shorter waits nobody notices. */
const STALL_MS = 150;

/** What a player knows of its own playing, as one plain object: for the overlay, for tests, for benches. */
export class StatsProbe {
  #player;
  #video;
  #stalls = 0;
  #waiting = 0;
  #firstFrameMs = null;

  constructor(player, video) {
    this.#player = player;
    this.#video = video;
    video.addEventListener("waiting", this.#onWaiting);
    this.#awaitFirstFrame();
  }

  get hasFrame() {
    return this.#firstFrameMs !== null;
  }

  disconnect() {
    clearTimeout(this.#waiting);
    this.#video.removeEventListener("waiting", this.#onWaiting);
  }

  read() {
    const video = this.#video;
    const { playback } = this.#player;
    const hls = playback.hls;
    const frames = video.getVideoPlaybackQuality?.() ?? {};
    return {
      state: this.#player.view,
      latency: playback.edge.latency,
      targetLatency: playback.edge.targetLatency,
      bufferLength: bufferAhead(video),
      rendition: renditionName(playback),
      bitrate: hls?.levels?.[hls.currentLevel]?.bitrate ?? null,
      bandwidth: hls?.bandwidthEstimate ?? null,
      width: video.videoWidth,
      height: video.videoHeight,
      droppedFrames: frames.droppedVideoFrames ?? 0,
      totalFrames: frames.totalVideoFrames ?? 0,
      playbackRate: video.playbackRate,
      firstFrameMs: this.#firstFrameMs,
      stalls: this.#stalls,
    };
  }

  #onWaiting = () => {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => {
      const { paused, readyState, seeking } = this.#video;
      if (this.hasFrame && !paused && !seeking && readyState < HTMLMediaElement.HAVE_FUTURE_DATA) {
        this.#stalls += 1;
      }
    }, STALL_MS);
  };

  #awaitFirstFrame() {
    const seen = () => {
      this.#firstFrameMs ??= Math.round(performance.now());
    };
    if (this.#video.requestVideoFrameCallback) {
      this.#video.requestVideoFrameCallback(seen);
    }
    // Without a picture (audio alone) the first sound counts.
    this.#video.addEventListener("timeupdate", () => this.#video.currentTime > 0 && seen());
  }
}

function renditionName(playback) {
  if (playback.quality === "audio") {
    return "audio";
  }
  const level = playback.hls?.levels?.[playback.hls.currentLevel];
  return level ? (level.height ? `${level.height}p` : level.name || "source") : null;
}
