/**
 * What playing begins with, fetched before hls.js asks for it. hls.js asks for the playlists, the init section and the
 * parts one after the other, each a round trip, and not before its script is there. Here they are asked for together,
 * on a fresh page while the player's scripts are still on their way, and handed to hls.js from memory.
 */

/** Where playing begins, as far as can be said beforehand: with the best rendition that a line of so many bit/s carries. */
export const START_BANDWIDTH = 4_000_000;
/** Older than this, a playlist says too little of what is live. */
const FRESH_MS = 3000;
/** As patient as hls.js would be. */
const TIMEOUT_MS = 12000;

export class WarmUp {
  #held = new Map();
  #rewrite;
  #startedAt = performance.now();

  /**
   * @param {string} master address of the multivariant playlist
   * @param {(url: string) => string} rewrite gives a URL the newest token
   */
  constructor(master, rewrite = (url) => url) {
    this.master = absolute(master);
    this.#rewrite = rewrite;
    // Whether it comes or not: hls.js asks again.
    this.#begin().catch(() => {});
  }

  get isFresh() {
    return performance.now() - this.#startedAt < FRESH_MS;
  }

  /** The answer under this address, {url, data}, to be had once. It may be on its way still, or fail. */
  take(url) {
    const address = absolute(url);
    const answer = this.#held.get(address);
    this.#held.delete(address);
    return answer;
  }

  async #begin() {
    const { url, data } = await this.#hold(this.master, this.#fetch(this.master, "text"), FRESH_MS);
    const address = new URL(startIn(data), url).href;
    const playlist = await this.#hold(address, this.#fetch(address, "text"), FRESH_MS);
    const [init, key, ...rest] = beginningOf(playlist.data).map((uri) => new URL(uri, playlist.url).href);
    const picture = Promise.all([init, key].map((media) => this.#hold(media, this.#fetch(media, "arrayBuffer"))));
    // What makes the first picture has the line for itself.
    rest.forEach((media) => this.#hold(media, picture.then(() => this.#fetch(media, "arrayBuffer"))));
    await picture;
  }

  #hold(url, answer, forMs = TIMEOUT_MS) {
    answer.catch(() => {});
    this.#held.set(url, answer);
    setTimeout(() => this.#held.delete(url), forMs);
    return answer;
  }

  async #fetch(url, kind) {
    const response = await fetch(this.#rewrite(url), { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) {
      throw new Error(`${response.status} for ${url}`);
    }
    return { url: response.url, data: await response[kind]() };
  }
}

/** The rendition that playing will begin with: its address in this multivariant playlist. */
function startIn(playlist) {
  const variants = [...playlist.matchAll(/^#EXT-X-STREAM-INF:(.*)\n(.+)$/gm)].map(([, attributes, uri]) => ({
    uri,
    bandwidth: Number(/(?:^|,)BANDWIDTH=(\d+)/.exec(attributes)[1]),
    hasPicture: attributes.includes("RESOLUTION="),
  }));
  const seen = variants.filter(({ hasPicture }) => hasPicture);
  const fitting = seen.filter(({ bandwidth }) => bandwidth <= START_BANDWIDTH);
  fitting.sort((one, other) => other.bandwidth - one.bandwidth);
  return (fitting[0] ?? seen[0] ?? variants[0]).uri;
}

/** The init section and the parts from the key frame on that playing begins with, in this media playlist. */
function beginningOf(playlist) {
  const holdBack = Number(/PART-HOLD-BACK=([\d.]+)/.exec(playlist)[1]);
  const parts = [...playlist.matchAll(/^#EXT-X-PART:(.*)$/gm)].map(([, attributes]) => ({
    uri: /URI="([^"]+)"/.exec(attributes)[1],
    seconds: Number(/DURATION=([\d.]+)/.exec(attributes)[1]),
    isIndependent: attributes.includes("INDEPENDENT=YES"),
  }));
  let behind = 0;
  const from = parts.findLastIndex(({ seconds, isIndependent }) => {
    behind += seconds;
    return isIndependent && behind >= holdBack;
  });
  const init = [...playlist.matchAll(/^#EXT-X-MAP:URI="([^"]+)"/gm)].at(-1)[1];
  return [init, ...parts.slice(Math.max(from, 0)).map(({ uri }) => uri)];
}

/** A loader for hls.js that looks here first. */
export function warmLoader(Loader, warmUp) {
  return class extends Loader {
    #isAborted = false;

    load(context, config, callbacks) {
      const answer = warmUp.take(context.url);
      if (!answer) {
        super.load(context, config, callbacks);
        return;
      }
      this.context = context;
      this.callbacks = callbacks;
      const ifWanted = (then) => (value) => this.callbacks === callbacks && !this.#isAborted && then(value);
      answer.then(
        ifWanted((had) => this.#hand(had)),
        ifWanted(() => super.load(context, config, callbacks)),
      );
    }

    abort() {
      this.#isAborted = true;
      super.abort();
    }

    #hand({ url, data }) {
      const { stats, context, callbacks } = this;
      // Like an answer from the browser's cache, it says nothing about the line.
      const now = performance.now();
      stats.loading = { start: now, first: now, end: now };
      stats.loaded = stats.total = data.byteLength ?? data.length;
      callbacks.onProgress?.(stats, context, data, null);
      callbacks.onSuccess({ url, data, code: 200 }, stats, context, null);
    }
  };
}

let early = null;

/** What was begun with the page, if it is for this address and not too old; else begun now. */
export function warmUpOf(master, rewrite) {
  const found = early;
  early = null;
  return found?.isFresh && found.master === absolute(master) ? found : new WarmUp(master, rewrite);
}

function absolute(url) {
  return new URL(url, document.baseURI).href;
}

const announced = document.querySelector("link[data-warm-up]");
if (announced) {
  early = new WarmUp(announced.href);
}
