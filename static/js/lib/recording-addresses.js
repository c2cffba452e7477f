/**
 * The newest addresses of a recording's files. They expire, and a file may move from the server to a bucket while
 * somebody watches: what stays is the recording's key and the file's name, the last two parts of the path.
 */

const LOCAL = /^\/recordings\/[^/]+\/([0-9a-f]+)\//;

export class RecordingAddresses {
  #files = new Map();
  #folders = new Map();

  /** Know these addresses from here on. */
  take(urls) {
    for (const url of urls) {
      const { pathname } = new URL(url, location.href);
      this.#files.set(nameOf(pathname), url);
      const [folder, key] = LOCAL.exec(pathname) ?? [];
      if (key) {
        this.#folders.set(key, folder);
      }
    }
  }

  /** The same file by its newest address. */
  rewrite(url) {
    const { pathname, search } = new URL(url, location.href);
    const known = this.#files.get(nameOf(pathname));
    if (known) {
      return known;
    }
    const [folder, key] = LOCAL.exec(pathname) ?? [];
    const newest = this.#folders.get(key);
    return newest ? newest + pathname.slice(folder.length) + search : url;
  }
}

function nameOf(pathname) {
  return pathname.split("/").slice(-2).join("/");
}
