const MOST = 200;

/**
 * Whom a reader doesn't want to read on a channel: kept with their account, or for strangers in their browser. People
 * are {id, name, shown}. `tell(command, payload)` says it to the server.
 */
export class HiddenPeople {
  #people;
  #key;
  #tell;

  /** `kept` is what the server knows, null for strangers. */
  constructor(channel, kept, tell) {
    this.#key = `estrade-chat-hidden-${channel}`;
    this.#tell = kept && tell;
    this.#people = new Map((kept ?? read(this.#key)).map((one) => [String(one.id), one]));
  }

  get all() {
    return [...this.#people.values()];
  }

  has(id) {
    return this.#people.has(String(id));
  }

  /** Rejects when the server refuses; it holds in this page all the same. */
  async add({ id, name, shown }) {
    this.#people.set(String(id), { id, name, shown });
    await this.#keep("chat.hide", name);
  }

  async remove(person) {
    this.#people.delete(String(person.id));
    await this.#keep("chat.unhide", person.name);
  }

  async #keep(command, name) {
    if (this.#tell) {
      await this.#tell(command, { user: name });
    } else {
      write(this.#key, this.all.slice(-MOST));
    }
  }
}

function read(key) {
  try {
    const people = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(people) ? people.filter((one) => one?.id && one.name) : [];
  } catch {
    return [];
  }
}

function write(key, people) {
  try {
    localStorage.setItem(key, JSON.stringify(people));
  } catch {
    // Without storage it holds until the page is left.
  }
}
