/**
 * Blocking playlist reloads (RFC 8216bis 6.2.5.2) also where hls.js would ask plainly.
 *
 * hls.js gives up on a blocking reload after 2.4 s and then polls every 1.5 s. While an encoder is away that would
 * cost the edge requests and the viewer up to a poll's time; a plain request for a playlist already known is
 * therefore sent as one for its next part, which the edge answers the moment that part is there.
 */
export class HeldPlaylists {
  #next = new Map();

  /** What comes after this playlist. */
  note(url, { lastPartSn, lastPartIndex, endSN, live }) {
    if (!live || lastPartIndex < 0) {
      this.#next.delete(keyOf(url));
    } else if (lastPartSn === endSN) {
      this.#next.set(keyOf(url), { msn: endSN + 1, part: 0 });
    } else {
      this.#next.set(keyOf(url), { msn: lastPartSn, part: lastPartIndex + 1 });
    }
  }

  /** The edge knows no such position: ask plainly from here on. */
  forget(url) {
    this.#next.delete(keyOf(url));
  }

  direct(url) {
    const next = url.includes("_HLS_") ? null : this.#next.get(keyOf(url));
    return next ? `${url}?_HLS_msn=${next.msn}&_HLS_part=${next.part}` : url;
  }
}

/** Tokens and directives come and go; the rest names the playlist. */
function keyOf(url) {
  return url.replace(/\?.*$/, "").replace(/\/live\/[^/]+\//, "/live/");
}
