/** Starting with sound where the browser allows it, and remembering how loud somebody likes it. */

const KEY = "estrade.sound";

export function recallSound() {
  try {
    return { volume: 1, muted: false, ...JSON.parse(localStorage.getItem(KEY)) };
  } catch {
    return { volume: 1, muted: false };
  }
}

export function rememberSound({ volume, muted }) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ volume, muted }));
  } catch {
    // A browser that keeps nothing starts anew each time.
  }
}

/**
 * Play, muted if that is the only way.
 *
 * @returns {Promise<"playing" | "silenced" | "blocked">} "silenced" when the browser, not the viewer, took the sound
 */
export async function playWithSoundIfAllowed(video) {
  const { volume, muted } = recallSound();
  video.volume = volume;
  video.muted = muted || !navigator.userActivation?.hasBeenActive;
  let refusal = await attempt(video);
  if (refusal?.name === "NotAllowedError" && !video.muted) {
    video.muted = true;
    refusal = await attempt(video);
  }
  if (refusal?.name === "NotAllowedError") {
    return "blocked";
  }
  return video.muted && !muted ? "silenced" : "playing";
}

/** The error of a refused play(), or null. */
export async function attempt(video) {
  try {
    await video.play();
    return null;
  } catch (error) {
    return error;
  }
}
