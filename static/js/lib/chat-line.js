/** Lines made of a <template>. What people wrote only ever becomes text nodes. */

/** Fill a line's element. `draw.text(target, line)` and `draw.badges(target, badges)` do their part. */
export function makeLine(template, line, draw) {
  const element = template.content.firstElementChild.cloneNode(true);
  const part = (name) => element.querySelector(`[data-${name}]`);
  element.dataset.seq = line.seq;
  element.dataset.kind = line.kind;
  const at = part("at");
  at.dateTime = line.at;
  at.textContent = new Date(line.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  drawAuthor(element, part("author"), line);
  draw.badges?.(part("badges"), line.badges);
  draw.text(part("text"), line);
  drawQuote(part("quote"), line.reply);
  return element;
}

function drawAuthor(element, name, { author }) {
  if (author) {
    element.dataset.author = author.name;
    element.dataset.authorId = author.id;
    name.textContent = author.shown;
    name.title = author.name;
    name.href = `/users/${encodeURIComponent(author.name)}`;
    name.dataset.hue = author.hue;
  }
}

function drawQuote(quote, reply) {
  if (reply) {
    quote.hidden = false;
    quote.dataset.to = reply.seq;
    quote.textContent = reply.name ? `@${reply.name} ${reply.text}` : "…";
  }
}
