/** The microphone and the camera somebody chose, kept for the next time; and how loud a microphone is. */

const KEY = "estrade.devices";
const SCREEN = { frameRate: { ideal: 10, max: 15 } };
const VIDEO = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 24, max: 30 } };

export function chosenDevices() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

export function chooseDevice(kind, id) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...chosenDevices(), [kind]: id }));
  } catch {
    // A browser that keeps nothing asks anew each time.
  }
}

function wanted(kind, more) {
  const id = chosenDevices()[kind];
  return { ...more, ...(id ? { deviceId: { ideal: id } } : {}) };
}

/** Rejects when there is none, or it may not be used. */
export async function openMicrophone() {
  const audio = wanted("audioinput", { echoCancellation: true, noiseSuppression: true, autoGainControl: true });
  return (await navigator.mediaDevices.getUserMedia({ audio })).getAudioTracks()[0];
}

export async function openCamera(shape = VIDEO) {
  return (await navigator.mediaDevices.getUserMedia({ video: wanted("videoinput", shape) })).getVideoTracks()[0];
}

/** A screen or a window, as its owner chooses. Rejects when they don't. */
export async function openScreen() {
  return (await navigator.mediaDevices.getDisplayMedia({ video: SCREEN, audio: false })).getVideoTracks()[0];
}

/** The same with its sound, where the browser has it and its owner gives it: [picture, sound or null]. */
export async function openScreenAndSound(video) {
  // As it is: what is done to voices spoils music.
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const stream = await navigator.mediaDevices.getDisplayMedia({ video, audio });
  return [stream.getVideoTracks()[0], stream.getAudioTracks()[0] ?? null];
}

/** Why a device couldn't be opened: "insecure" for a page without HTTPS, "refused", "missing" or "busy". */
export function faultOf(error) {
  if (!navigator.mediaDevices) {
    return "insecure";
  }
  if (error.name === "NotAllowedError" || error.name === "SecurityError") {
    return "refused";
  }
  return error.name === "NotFoundError" || error.name === "OverconstrainedError" ? "missing" : "busy";
}

/** Calls `show(level)`, 0 to 1, until the returned function is called. */
export function meter(track, show) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, one) => sum + one * one, 0) / samples.length;
    // -60 dB is nothing, 0 dB everything.
    show(Math.max(0, Math.min(1, 1 + Math.log10(power + 1e-9) / 6)));
  }, 80);
  return () => {
    clearInterval(timer);
    context.close();
  };
}
