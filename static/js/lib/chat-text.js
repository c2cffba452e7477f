const PIECES = /(https?:\/\/[^\s<>"'`]+)|@([A-Za-z0-9][A-Za-z0-9_-]{1,31})/gi;
const TRAILING = /[.,;:!?)\]}'"»”]+$/;

/** Fill an element with a line's text: links, mentions and emotes, all else as text nodes. */
export function drawText(target, { text, facts }, me) {
  const emotes = facts?.emotes ?? {};
  for (const [index, piece] of text.split(PIECES).entries()) {
    // Captures come at every third place: link, name, and the text between.
    if (index % 3 === 1 && piece) {
      target.append(...linkOf(piece));
    } else if (index % 3 === 2 && piece) {
      target.append(mentionOf(piece, me));
    } else if (piece) {
      target.append(...withEmotes(piece, emotes));
    }
  }
}

/** Whether a line speaks to somebody: by name, or as an answer to them. */
export function speaksTo({ text, reply }, me) {
  if (!me) {
    return false;
  }
  const name = me.name.toLowerCase();
  const names = [...text.matchAll(PIECES)].map((match) => match[2]?.toLowerCase());
  return names.includes(name) || reply?.name?.toLowerCase() === name;
}

function linkOf(written) {
  const tail = TRAILING.exec(written)?.[0] ?? "";
  const address = written.slice(0, written.length - tail.length);
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url || !["http:", "https:"].includes(url.protocol) || url.username || url.password) {
    return [written];
  }
  const link = document.createElement("a");
  link.href = url.href;
  link.rel = "nofollow ugc noopener noreferrer";
  link.target = "_blank";
  link.textContent = address;
  return [link, tail];
}

function mentionOf(name, me) {
  const mention = document.createElement("span");
  mention.className = "mention";
  mention.classList.toggle("mention--me", name.toLowerCase() === me?.name.toLowerCase());
  mention.textContent = `@${name}`;
  return mention;
}

/** Emotes are named by the server, which knows what the author may use. */
function withEmotes(text, emotes) {
  return text.split(/(\s+)/).map((word) => (Object.hasOwn(emotes, word) ? emoteOf(word, emotes[word]) : word));
}

export function emoteOf(code, url) {
  const image = document.createElement("img");
  image.className = "emote";
  image.src = url;
  image.alt = code;
  image.title = code;
  image.height = 28;
  return image;
}
