/** How hls.js is set up for broadcasts one to two seconds behind the camera. */

import { START_BANDWIDTH } from "lib/warm-up";

/**
 * @param {(url: string) => string} rewrite gives a URL the newest token
 * @param {() => void} onRefused called when the edge says that the token is no longer good
 */
export function hlsConfig({ rewrite, onRefused }) {
  const retry = {
    maxNumRetry: Infinity,
    retryDelayMs: 250,
    maxRetryDelayMs: 1000,
    shouldRetry: (_config, _count, _isTimeout, response) => {
      if (response?.code === 410 || response?.code === 403) {
        onRefused();
      }
      return true;
    },
  };
  // The edge holds a blocking request for up to three target durations before it answers 503.
  const policy = {
    default: { maxTimeToFirstByteMs: 12000, maxLoadTimeMs: 20000, timeoutRetry: retry, errorRetry: retry },
  };
  return {
    lowLatencyMode: true,
    // lib/pace and lib/latency-target see to the distance from live.
    maxLiveSyncPlaybackRate: 1,
    liveSyncOnStallIncrease: 0,
    liveDurationInfinity: true,
    startFragPrefetch: true,
    // The first picture is a key frame's, shown before the rest has come; lib/live-edge goes on from there.
    startOnSegmentBoundary: true,
    backBufferLength: 30,
    // fMP4 is passed through: a worker would only add a hop to every part.
    enableWorker: false,
    // Date ranges are read from the playlist; as cues they would need a <track> that the page's policy forbids.
    enableDateRangeMetadataCues: false,
    testBandwidth: false,
    abrEwmaDefaultEstimate: START_BANDWIDTH,
    errorPenaltyExpireMs: 10000,
    nudgeMaxRetry: 10,
    manifestLoadPolicy: policy,
    playlistLoadPolicy: policy,
    fragLoadPolicy: policy,
    xhrSetup: (xhr, url) => xhr.open("GET", rewrite(url), true),
  };
}
