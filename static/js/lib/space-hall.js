import { socket } from "lib/socket";

const AGAIN_MS = 2000;

/** A page's place among those who hear the composed stream of a Space: kept by saying now and then that it is there. */
export class SpaceHall {
  #space;
  #token = null;
  #timer = 0;
  #isOver = false;

  /** `onEntered(answer)` with what is going on there, `onRefused(error)` when there is nothing to come back to. */
  constructor(space, { onEntered, onRefused }) {
    this.#space = space;
    this.onEntered = onEntered;
    this.onRefused = onRefused;
  }

  async attend() {
    try {
      const answer = await socket.send("space.attend", { space: this.#space, ...(this.#token ? { token: this.#token } : {}) });
      if (this.#isOver) {
        return;
      }
      if (answer?.token) {
        this.#token = answer.token;
        this.everyMs = answer.here_every_s * 1000;
        this.onEntered(answer);
      }
      this.#timer = setTimeout(() => this.attend(), this.everyMs);
    } catch (error) {
      if (!this.#isOver && !this.onRefused(error)) {
        this.#timer = setTimeout(() => this.attend(), AGAIN_MS * (0.75 + Math.random() / 2));
      }
    }
  }

  leave() {
    this.#isOver = true;
    clearTimeout(this.#timer);
    if (this.#token) {
      socket.send("space.depart", { space: this.#space, token: this.#token }).catch(() => {});
    }
  }
}
