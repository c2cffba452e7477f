/** Whose pictures a page shows large: it is sent those, and the small ones of everybody else. */
export class SpaceSizes {
  #large = [];

  /** `say(people)` tells it; whoever isn't in yet is told when they are. */
  constructor(say) {
    this.say = say;
  }

  prefer(people) {
    if (people.join() !== this.#large.join()) {
      this.#large = people;
      this.tell();
    }
  }

  tell() {
    this.say(this.#large).catch(() => {});
  }
}
