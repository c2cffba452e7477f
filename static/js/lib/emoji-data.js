const MOST_FOUND = 80;
/** The parts that others are made of are nothing to send. */
const PARTS = 2;

/**
 * Emoji with their names in every language there is a file of, read when they are first asked for: the page's own
 * language before the others, whose names are there to be searched for.
 */
export class EmojiData {
  #urls;
  #reading = null;
  #emoji = [];
  #words = new Map();

  /** `urls` are [language, address], the page's own language first. */
  constructor(urls) {
    this.#urls = urls;
  }

  /** Rejects when they can't be fetched; asked again it tries again. */
  read() {
    this.#reading ??= this.#read().catch((error) => {
      this.#reading = null;
      throw error;
    });
    return this.#reading;
  }

  async #read() {
    const [own, ...others] = this.#urls;
    this.#emoji = (await fetchJson(own[1])).filter(({ group }) => group !== PARTS);
    this.#learn(this.#emoji);
    for (const [, url] of others) {
      // Nobody waits for these.
      fetchJson(url).then((emoji) => this.#learn(emoji), () => {});
    }
  }

  /** Those of a group, in Unicode's order. */
  of(group) {
    return this.#emoji.filter((one) => one.group === group);
  }

  find(emoji) {
    return this.#emoji.find((one) => one.emoji === emoji || one.skins?.some((skin) => skin.emoji === emoji));
  }

  /** Those of which each word that was typed begins a word of the name, or what they are also known by. */
  search(text) {
    const typed = wordsOf(text);
    const found = this.#emoji
      .map((one) => [this.#weigh(one, typed), one])
      .filter(([weight]) => weight > 0)
      .sort(([a], [b]) => b - a);
    return found.slice(0, MOST_FOUND).map(([, one]) => one);
  }

  /** Names weigh more than other words, what they begin with most; words as typed weigh more than longer ones. */
  #weigh({ emoji }, typed) {
    const known = this.#words.get(emoji);
    const weightOf = (word, [text, rank]) => (text === word ? 2 * rank : text.startsWith(word) ? rank : 0);
    const weights = typed.map((word) => Math.max(...known.map((one) => weightOf(word, one))));
    return Math.min(...weights, Infinity) > 0 ? weights.reduce((sum, one) => sum + one, 0) : 0;
  }

  #learn(emoji) {
    for (const { emoji: one, annotation, tags = [] } of emoji) {
      const words = [...wordsOf(annotation).map((word, at) => [word, at === 0 ? 4 : 3]), ...tags.flatMap(wordsOf).map((word) => [word, 1])];
      this.#words.set(one, [...(this.#words.get(one) ?? []), ...words]);
    }
  }
}

function wordsOf(text) {
  const plain = text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("œ", "oe").replaceAll("æ", "ae");
  return plain.split(/[^\p{L}\p{N}+]+/u).filter(Boolean);
}

async function fetchJson(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(15000) });
  if (!response.ok) {
    throw new Error(`${url} answered ${response.status}`);
  }
  return response.json();
}
