/**
 * Tells the edge, under the address that is played, that somebody watches and how far behind live they are. That is
 * how viewers are counted; what is told is a number made up for this page.
 */

const FIRST_MS = 3000;
const EVERY_MS = 15000;

export class Audience {
  #player;
  #id = randomId();
  #timer = 0;

  constructor(player) {
    this.#player = player;
    this.#schedule(FIRST_MS);
  }

  disconnect() {
    clearTimeout(this.#timer);
  }

  #schedule(delay) {
    this.#timer = setTimeout(() => this.#tell(), delay);
  }

  #tell() {
    const { playback, view, stats } = this.#player;
    const address = view === "playing" && stats.totalFrames + stats.bufferLength > 0 ? this.#player.liveAddress("watching") : null;
    if (address) {
      const latency = playback.edge.following ? Math.round((playback.edge.latency ?? 0) * 1000) : 0;
      const options = { method: "POST", keepalive: true, credentials: "omit" };
      fetch(`${address}?player=${this.#id}&latency=${latency}`, options).catch(() => {});
    }
    this.#schedule(address ? EVERY_MS : FIRST_MS);
  }
}

function randomId() {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
