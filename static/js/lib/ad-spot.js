import { tellOfAd } from "lib/ad-calls";
import { playWithSoundIfAllowed } from "lib/sound";

/** A picture that stands still for so long won't come any more. */
const STALLED_MS = 2000;
const LOOK_EACH_MS = 100;
const IN_VIEW_MS = 2000;
const A_VIEW_S = 30;
const QUARTERS = [["q1", 0.25], ["mid", 0.5], ["q3", 0.75]];

/**
 * One ad in a <video>: plays it, tells what becomes of it, and is over however it goes.
 *
 * Events: "begun" (the first frame), "tick" (`shownMs` is another), "over" (`outcome` says how: "complete", "skip",
 * "failed" or "left").
 */
export class AdSpot extends EventTarget {
  #video;
  #eventUrl;
  #timer = 0;
  #told = new Map();
  #begunAt = 0;
  #pausedMs = 0;
  #movedAt = 0;
  #lastTime = 0;
  #lookedAt = 0;
  #inViewMs = 0;
  #isWanted = true;
  #listening = new AbortController();

  constructor(video, ad, eventUrl) {
    super();
    this.#video = video;
    this.#eventUrl = eventUrl;
    this.ad = ad;
    this.outcome = null;
  }

  /** Since the first frame, without pauses. */
  get shownMs() {
    return this.#begunAt ? performance.now() - this.#begunAt - this.#pausedMs : 0;
  }

  /** Once the server has all that was told so far, or doesn't answer. */
  get heard() {
    return Promise.all(this.#told.values());
  }

  get leftS() {
    return Math.max(0, this.ad.duration_ms / 1000 - this.#video.currentTime);
  }

  get canSkip() {
    return this.shownMs >= this.ad.skip_ms;
  }

  /**
   * Fails by itself when there is no frame within so long, and isn't begun where nobody looks. Without `like` it starts
   * with sound where that is allowed.
   */
  start(withinMs, like = null) {
    if (document.hidden) {
      this.end("left");
      return;
    }
    const video = this.#video;
    const { signal } = this.#listening;
    const deadline = performance.now() + withinMs;
    video.addEventListener("error", () => this.end("failed"), { signal });
    video.addEventListener("ended", () => this.#complete(), { signal });
    video.addEventListener("timeupdate", () => video.currentTime > 0 && this.#begin(), { signal });
    video.src = this.ad.video;
    if (like) {
      video.volume = like.volume;
      video.muted = like.muted;
      video.play().catch(() => this.end("failed"));
    } else {
      playWithSoundIfAllowed(video).then((outcome) => outcome === "blocked" && this.end("failed"));
    }
    video.requestVideoFrameCallback?.(() => this.#begin());
    this.#lookedAt = this.#movedAt = performance.now();
    this.#timer = setInterval(() => this.#look(deadline), LOOK_EACH_MS);
  }

  skip() {
    if (this.canSkip && !this.outcome) {
      this.#tell("skip");
      this.end("skip");
    }
  }

  togglePlaying() {
    this.#isWanted = this.#video.paused;
    this.followVisibility();
  }

  /** It plays while somebody wants it to, and can see it. */
  followVisibility() {
    if (this.#isWanted && !document.hidden) {
      this.#video.play().catch(() => {});
    } else {
      this.#video.pause();
    }
  }

  end(outcome) {
    if (this.outcome) {
      return;
    }
    this.outcome = outcome;
    clearInterval(this.#timer);
    this.#listening.abort();
    this.#video.pause();
    this.#video.removeAttribute("src");
    this.#video.load();
    this.dispatchEvent(new Event("over"));
  }

  #begin() {
    if (!this.#begunAt && !this.outcome) {
      this.#begunAt = this.#movedAt = performance.now();
      this.#tell("imp");
      this.dispatchEvent(new Event("begun"));
    }
  }

  #look(deadline) {
    const now = performance.now();
    const sinceMs = now - this.#lookedAt;
    this.#lookedAt = now;
    const { currentTime, paused } = this.#video;
    if (!this.#begunAt) {
      return now > deadline && this.end("failed");
    }
    if (paused || document.hidden || currentTime !== this.#lastTime) {
      this.#movedAt = now;
    }
    if (paused || document.hidden) {
      this.#pausedMs += sinceMs;
    } else if (now - this.#movedAt > STALLED_MS) {
      return this.end("failed");
    } else {
      this.#lastTime = currentTime;
      this.#note(currentTime, sinceMs);
    }
    this.dispatchEvent(new Event("tick"));
  }

  #note(currentTime, sinceMs) {
    this.#inViewMs = isInView(this.#video) ? this.#inViewMs + sinceMs : 0;
    if (this.#inViewMs >= IN_VIEW_MS) {
      this.#tell("v2");
    }
    const length = this.ad.duration_ms / 1000;
    for (const [name, part] of QUARTERS) {
      if (currentTime >= length * part) {
        this.#tell(name);
      }
    }
    if (currentTime >= A_VIEW_S) {
      this.#tell("view");
    }
  }

  #complete() {
    const { currentTime } = this.#video;
    // A file that was cut short ends too.
    if (currentTime < this.ad.duration_ms / 1000 - 0.5) {
      this.end("failed");
      return;
    }
    this.#tell("view");
    this.#tell("complete");
    this.end("complete");
  }

  #tell(event) {
    if (!this.#told.has(event)) {
      this.#told.set(event, tellOfAd(this.#eventUrl, this.ad.token, event));
    }
  }
}

/** At least half of it, as far as the window goes. */
function isInView(element) {
  const { top, bottom, left, right, width, height } = element.getBoundingClientRect();
  const across = Math.min(right, innerWidth) - Math.max(left, 0);
  const down = Math.min(bottom, innerHeight) - Math.max(top, 0);
  return width > 0 && across > 0 && down > 0 && across * down >= (width * height) / 2;
}
