/** How much sooner or later than asked: a thousand pages opened together don't ask together for ever. */
const JITTER = 0.2;
const PATIENCE_MS = 8000;

/** Fetches a text again and again, while somebody looks at the page. */
export class LookedAt {
  #of;
  #timer = 0;
  #listening = null;

  /**
   * @param {{ url: () => string, everyMs: number, afterErrorMs?: number, take: (text: string) => void }} of what is
   *   fetched, how often, and what is done with it. An answer that isn't a success leaves everything as it is.
   */
  constructor(of) {
    this.#of = of;
  }

  start() {
    this.stop();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener("visibilitychange", () => document.hidden || this.#fetch(), { signal });
    this.#schedule(this.#of.everyMs);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#listening?.abort();
    this.#listening = null;
  }

  #schedule(delayMs) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fetch(), delayMs * (1 - JITTER + 2 * JITTER * Math.random()));
  }

  async #fetch() {
    clearTimeout(this.#timer);
    const { signal } = this.#listening;
    if (document.hidden) {
      return;
    }
    const text = await textAt(this.#of.url(), signal);
    if (signal.aborted) {
      return;
    }
    if (text !== null) {
      this.#of.take(text);
    }
    this.#schedule(text === null ? (this.#of.afterErrorMs ?? this.#of.everyMs) : this.#of.everyMs);
  }
}

/** The text that is answered; null when there is none, or when one is sent elsewhere to log in. */
async function textAt(url, signal) {
  try {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    const response = await fetch(url, { signal: patience, redirect: "error" });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}
