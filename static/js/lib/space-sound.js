/** The sound of a Space. It is no part of the page that is shown: it goes on while others are looked at. */
export class SpaceSound {
  #sound = null;

  constructor(space) {
    this.space = space;
  }

  play(stream) {
    if (!this.#sound) {
      this.#sound = document.createElement("audio");
      this.#sound.autoplay = true;
      this.#sound.dataset.space = this.space;
      document.documentElement.append(this.#sound);
    }
    this.#sound.srcObject = stream;
    this.#sound.play().catch(() => {});
  }

  remove() {
    this.#sound?.remove();
    this.#sound = null;
  }
}
