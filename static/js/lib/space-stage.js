/** The stage of a Space: a tile for each person, of which one is looked at. */

const BIG = "is-big";
/** Whoever is shown wider than this is wanted large: on the smallest screens nobody is. */
const LARGE_FROM_PX = 360;

export class SpaceStage {
  #list;
  #template;
  #texts;
  #tiles = new Map();
  #pinned = null;
  #widths = new Map();
  #sizes = new ResizeObserver((tiles) => this.#measure(tiles));

  /** `onMore(person)` when more is asked for, `onLarge(people)` whose tiles are large. */
  constructor(list, template, texts, { onMore, onLarge }) {
    this.#list = list;
    this.#template = template;
    this.#texts = texts;
    this.onMore = onMore;
    this.onLarge = onLarge;
  }

  stop() {
    this.#sizes.disconnect();
  }

  #measure(tiles) {
    tiles.forEach(({ target, contentRect }) => this.#widths.set(Number(target.dataset.person), contentRect.width));
    this.#sayLarge();
  }

  #sayLarge() {
    this.onLarge([...this.#widths].filter(([, width]) => width > LARGE_FROM_PX).map(([id]) => id).sort());
  }

  /** Show who is on the stage now; `space` is null for who only looks in. */
  draw({ room, media, user, space }) {
    const people = room.stage ?? [];
    for (const [id, tile] of this.#tiles) {
      if (!people.some((one) => one.user === id)) {
        this.#sizes.unobserve(tile);
        tile.remove();
        this.#tiles.delete(id);
        this.#widths.delete(id);
      }
    }
    const big = this.#big(people, media);
    people.forEach((person, index) => {
      const tile = this.#tiles.get(person.user) ?? this.#make(person);
      this.#drawTile(tile, person, { media, user, space });
      tile.classList.toggle(BIG, person.user === big);
      if (this.#list.children[index] !== tile) {
        this.#list.insertBefore(tile, this.#list.children[index] ?? null);
      }
    });
    this.#list.dataset.count = String(people.length);
    this.#sayLarge();
  }

  /** The pinned one, else who speaks, else who shows a picture, else the host. */
  #big(people, media) {
    const there = (id) => id !== null && people.some((one) => one.user === id);
    if (there(this.#pinned)) {
      return this.#pinned;
    }
    const shows = media.videos.find(there);
    return there(media.active) ? media.active : (shows ?? people[0]?.user ?? null);
  }

  #make(person) {
    const tile = this.#template.content.firstElementChild.cloneNode(true);
    tile.dataset.person = String(person.user);
    tile.querySelector("[data-pin]").addEventListener("click", () => this.#pin(person.user));
    tile.querySelector("[data-more]").addEventListener("click", () => this.onMore(person.user));
    this.#tiles.set(person.user, tile);
    this.#sizes.observe(tile);
    return tile;
  }

  #pin(id) {
    this.#pinned = this.#pinned === id ? null : id;
    for (const [one, tile] of this.#tiles) {
      tile.querySelector("[data-pin]").setAttribute("aria-pressed", String(one === this.#pinned));
      if (this.#pinned !== null) {
        tile.classList.toggle(BIG, one === this.#pinned);
      }
    }
  }

  #drawTile(tile, person, { media, user, space }) {
    const isOwn = person.user === user;
    const isMuted = isOwn && space ? space.isMuted : media.muted.includes(person.user);
    const name = tile.querySelector("[data-name]");
    name.textContent = name.title = person.name;
    tile.querySelector("[data-role]").textContent = isOwn ? `${this.#texts(person.role)} (${this.#texts("you")})` : this.#texts(person.role);
    tile.querySelector("[data-muted]").hidden = !isMuted;
    tile.classList.toggle("is-talking", media.talking.includes(person.user) && !isMuted);
    tile.classList.toggle("is-away", !media.connected.includes(person.user) && !isOwn);
    tile.querySelector("[data-more]").hidden = isOwn;
    this.#drawFace(tile, person);
    this.#drawVideo(tile, isOwn ? space?.ownVideo : media.videos.includes(person.user) && space?.videos.get(person.user), isOwn && !space?.hasScreen);
  }

  #drawFace(tile, person) {
    const picture = tile.querySelector("[data-picture]");
    const initial = tile.querySelector("[data-initial]");
    picture.hidden = !person.avatar;
    initial.hidden = Boolean(person.avatar);
    initial.textContent = person.username.slice(0, 1);
    initial.dataset.hue = String(person.hue);
    if (person.avatar && picture.getAttribute("src") !== person.avatar) {
      picture.src = person.avatar;
    }
  }

  #drawVideo(tile, stream, isMirrored) {
    const video = tile.querySelector("video");
    const track = stream ? stream.getVideoTracks()[0] : null;
    video.hidden = !track;
    tile.classList.toggle("has-video", Boolean(track));
    tile.classList.toggle("is-mirrored", isMirrored);
    if ((video.srcObject?.getVideoTracks()[0] ?? null) !== track) {
      video.srcObject = track ? stream : null;
    }
  }
}
