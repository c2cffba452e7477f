/**
 * The token in `/live/<token>/<media path>/...`: kept in one place, so that every later request of a player that
 * began with an older token goes out with the newest one.
 */

const LIVE_PATH = /\/live\/([^/]+)\/([^/]+)\//;

export class SignedPath {
  #token;

  /** @param {string} url any signed URL of the broadcast */
  constructor(url) {
    const { token, mediaPath } = parse(url);
    this.#token = token;
    this.mediaPath = mediaPath;
  }

  /** Whether this URL leads to the same media; a path that is not signed is its own media path. */
  covers(url) {
    return parse(url).mediaPath === this.mediaPath;
  }

  /** Take over the token of a newer URL of the same media. Returns whether it is another one. */
  renew(url) {
    const { token } = parse(url);
    const isNew = token !== this.#token;
    this.#token = token;
    return isNew;
  }

  /** The same URL with the newest token. */
  rewrite(url) {
    return this.#token === null ? url : url.replace(LIVE_PATH, (_, _old, path) => `/live/${this.#token}/${path}/`);
  }
}

function parse(url) {
  const match = LIVE_PATH.exec(url);
  return match ? { token: match[1], mediaPath: match[2] } : { token: null, mediaPath: url };
}
