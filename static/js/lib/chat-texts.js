import { fillText } from "lib/fill-text";

const UNITS = [
  ["d", 86400],
  ["h", 3600],
  ["min", 60],
];

/** The texts of a page's <template data-template="texts">, by their keys, with {facts} filled in. */
export class Texts {
  #root;

  constructor(root) {
    this.#root = root.querySelector("[data-template='texts']").content;
  }

  has(key) {
    return this.#root.querySelector(`[data-key="${CSS.escape(key)}"]`) !== null;
  }

  get(key, facts = {}) {
    const text = this.#root.querySelector(`[data-key="${CSS.escape(key)}"]`)?.textContent ?? key;
    return fillText(text, facts);
  }

  /** A length in its largest whole unit. */
  length(seconds) {
    const [unit, size] = UNITS.find(([, one]) => seconds >= one && (seconds % one === 0 || seconds >= 2 * one)) ?? ["s", 1];
    return this.get(unit, { n: Math.ceil(seconds / size) });
  }
}
