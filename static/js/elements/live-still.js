const EVERY_MS = 10000;

/** <live-still> around an <img> of a live broadcast: the picture under its address is another one every ten seconds. */
class LiveStill extends HTMLElement {
  #timer = 0;
  #address;

  connectedCallback() {
    const image = this.querySelector("img");
    this.#address ??= image.getAttribute("src");
    image.addEventListener("error", this.#onError);
    image.addEventListener("load", this.#onLoad);
    image.hidden = image.complete && image.naturalWidth === 0;
    this.#timer = setInterval(() => this.#refresh(), EVERY_MS * (0.9 + Math.random() * 0.2));
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
    const image = this.querySelector("img");
    image?.removeEventListener("error", this.#onError);
    image?.removeEventListener("load", this.#onLoad);
  }

  /** Fetched beside and shown when it is there: the last picture stays up to then. */
  #refresh() {
    if (document.hidden) {
      return;
    }
    const next = new Image();
    next.addEventListener("load", () => {
      const image = this.querySelector("img");
      if (image) {
        image.src = next.src;
      }
    });
    next.src = `${this.#address}?at=${Math.floor(Date.now() / EVERY_MS)}`;
  }

  /** What is behind it looks better than a broken picture. */
  #onError = (event) => {
    event.target.hidden = true;
  };

  #onLoad = (event) => {
    event.target.hidden = false;
  };
}

customElements.define("live-still", LiveStill);
