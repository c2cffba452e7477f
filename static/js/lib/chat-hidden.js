const MOST = 500;

/** Whom a reader doesn't want to read on a channel: kept in their browser alone. */
export class HiddenPeople {
  #key;
  #ids;

  constructor(channel) {
    this.#key = `estrade-chat-hidden-${channel}`;
    this.#ids = new Set(read(this.#key));
  }

  has(id) {
    return this.#ids.has(String(id));
  }

  add(id) {
    this.#ids.add(String(id));
    write(this.#key, [...this.#ids].slice(-MOST));
  }

  clear() {
    this.#ids.clear();
    write(this.#key, []);
  }
}

function read(key) {
  try {
    const ids = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(ids) ? ids.map(String) : [];
  } catch {
    return [];
  }
}

function write(key, ids) {
  try {
    localStorage.setItem(key, JSON.stringify(ids));
  } catch {
    // Without storage it holds until the page is left.
  }
}
