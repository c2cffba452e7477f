const SETTLED_MS = 200;
const AGAIN_MS = 2000;

/** Whose pictures a page shows large: it is sent those, and the small ones of everybody else. */
export class SpaceSizes {
  #large = [];
  #timer = 0;

  /** `say(people)` tells it; null for who can't be told yet. */
  constructor(say) {
    this.say = say;
  }

  prefer(people) {
    if (people.join() !== this.#large.join()) {
      this.#large = people;
      this.#tellIn(SETTLED_MS);
    }
  }

  #tellIn(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.tell(), ms);
  }

  tell() {
    clearTimeout(this.#timer);
    this.say(this.#large)?.catch(() => this.#tellIn(AGAIN_MS));
  }

  stop() {
    clearTimeout(this.#timer);
  }
}
