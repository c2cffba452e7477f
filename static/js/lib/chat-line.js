import { drawText, speaksTo } from "lib/chat-text";

/**
 * Makes lines of the page's templates. What people wrote only ever becomes text nodes and the elements that
 * lib/chat-text makes.
 */
export class LineMaker {
  me = null;
  #line;
  #notice;
  #texts;

  constructor(root, texts) {
    this.#line = root.querySelector("[data-template='line']");
    this.#notice = root.querySelector("[data-template='notice']");
    this.#texts = texts;
  }

  make(line) {
    const isSaid = line.kind === "said";
    const element = (isSaid ? this.#line : this.#notice).content.firstElementChild.cloneNode(true);
    const part = (name) => element.querySelector(`[data-${name}]`);
    element.dataset.seq = line.seq;
    if (line.isPending) {
      element.classList.add("line--pending");
      element.title = this.#texts.get("pending");
    }
    const at = part("at");
    at.dateTime = line.at;
    at.textContent = new Date(line.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    if (!isSaid) {
      part("text").textContent = this.#texts.get(`kind-${line.kind}`, line.facts);
      return element;
    }
    this.#drawAuthor(element, part("author"), line.author);
    part("badges").append(...line.badges.map((badge) => this.#badgeOf(badge)));
    drawText(part("text"), line, this.me);
    element.classList.toggle("line--to-me", speaksTo(line, this.me));
    this.#drawQuote(part("quote"), line.reply);
    return element;
  }

  #drawAuthor(element, name, author) {
    element.dataset.author = author?.name ?? "";
    element.dataset.authorId = author?.id ?? "";
    name.textContent = author?.shown ?? "…";
    if (author) {
      name.title = author.name;
      name.href = `/users/${encodeURIComponent(author.name)}`;
      name.dataset.hue = author.hue;
    }
  }

  #badgeOf({ kind, months }) {
    const badge = document.createElement("span");
    badge.className = `line__badge line__badge--${kind}`;
    badge.title = this.#texts.get(`badge-${kind}`, { months });
    const said = document.createElement("span");
    said.className = "visually-hidden";
    said.textContent = badge.title;
    badge.append(said, months ?? "");
    return badge;
  }

  #drawQuote(quote, reply) {
    if (reply) {
      quote.hidden = false;
      const lost = reply.is_kept ? "kept" : "gone";
      quote.textContent = reply.name ? `@${reply.name} ${reply.text}` : this.#texts.get(lost);
    }
  }
}
