import { fillText } from "lib/fill-text";

const MOST = 200;
const NEAR_END_PX = 60;

/**
 * The list of a room's lines: the newest 200, following the end unless the reader has scrolled away. While they read
 * above, what is new waits, is counted on a button and isn't read out.
 */
export class ChatLog {
  #box;
  #list;
  #more;
  #empty;
  #waiting = [];
  #gone = new Set();
  #frame = 0;
  #isReading = false;
  #makeLine;

  /** `makeLine(line)` makes an element with a `data-seq`. */
  constructor(root, makeLine) {
    this.#box = root.querySelector("[data-log]");
    this.#list = root.querySelector("[data-lines]");
    this.#more = root.querySelector("[data-more]");
    this.#empty = root.querySelector("[data-empty]");
    this.#makeLine = makeLine;
  }

  connect(signal) {
    this.#box.addEventListener("scroll", () => this.#onScroll(), { signal, passive: true });
    this.#more.addEventListener("click", () => this.toEnd(), { signal });
    const observer = new ResizeObserver(() => this.#isReading || this.#scrollToEnd());
    observer.observe(this.#box);
    signal.addEventListener("abort", () => {
      observer.disconnect();
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
    });
    this.#draw();
  }

  add(line) {
    if (!this.#gone.has(line.seq)) {
      this.#waiting.push(line);
      if (this.#waiting.length > MOST) {
        this.#waiting.shift();
      }
      // Pages in the background draw no frames, and what waits there is bounded too.
      this.#frame ||= requestAnimationFrame(() => this.#draw());
    }
  }

  /** Take lines away, those that are yet to come as well. */
  remove(seqs) {
    const wanted = new Set(seqs);
    for (const seq of wanted) {
      this.#gone.add(seq);
      this.lineOf(seq)?.remove();
    }
    while (this.#gone.size > 2 * MOST) {
      this.#gone.delete(this.#gone.values().next().value);
    }
    this.#waiting = this.#waiting.filter((line) => !wanted.has(line.seq));
    this.#showMore();
    this.#showEmpty();
  }

  removeWhere(holds) {
    for (const element of [...this.#list.children]) {
      if (holds(element)) {
        element.remove();
      }
    }
    this.#showEmpty();
  }

  clear() {
    this.#waiting = [];
    this.#gone.clear();
    this.#list.replaceChildren();
    this.#read(false);
    this.#showMore();
    this.#showEmpty();
  }

  lineOf(seq) {
    return this.#list.querySelector(`[data-seq="${Number(seq)}"]`);
  }

  toEnd() {
    this.#read(false);
    this.#draw();
  }

  /** Whether the reader is above the end: nothing moves then, and nothing is read out. */
  #read(isReading) {
    this.#isReading = isReading;
    this.#box.setAttribute("aria-live", isReading ? "off" : "polite");
  }

  #draw() {
    this.#frame = 0;
    if (!this.#isReading) {
      const fresh = document.createDocumentFragment();
      for (const line of this.#waiting) {
        fresh.append(this.#makeLine(line));
      }
      this.#waiting = [];
      this.#list.append(fresh);
      while (this.#list.childElementCount > MOST) {
        this.#list.firstElementChild.remove();
      }
      this.#scrollToEnd();
    }
    this.#showMore();
    this.#showEmpty();
  }

  #scrollToEnd() {
    this.#box.scrollTop = this.#box.scrollHeight;
  }

  #onScroll() {
    const { scrollTop, scrollHeight, clientHeight } = this.#box;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (isAtEnd === this.#isReading) {
      this.#read(!isAtEnd);
      if (isAtEnd) {
        this.#draw();
      }
    }
  }

  #showMore() {
    const count = this.#waiting.length;
    this.#more.hidden = !this.#isReading || count === 0;
    this.#more.textContent = fillText(this.#more.dataset.text, { count: count >= MOST ? `${MOST}+` : count });
  }

  #showEmpty() {
    this.#empty.hidden = this.#list.childElementCount > 0 || this.#waiting.length > 0;
  }
}
