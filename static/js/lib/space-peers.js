/**
 * A page's connections to a Space: "speak" sends a voice and receives the mix of all others, "listen" receives the
 * whole mix, "show" sends a picture, "watch" receives those of others. What a page offers is answered over its seat's
 * topic; what it is offered ("listen", "watch") it answers. Each has a number that goes along with all that is said
 * about it: what was meant for the one before would break it.
 */

const GATHERED_MS = 800;
const CONNECTED_WITHIN_MS = 8000;
const PATIENCE_MS = 3000;
const FIRST_AGAIN_MS = 1000;
const LAST_AGAIN_MS = 8000;

let lastId = 0;

/** A camera's pictures, the large one first (spaces/conductor/layers.py): a small tile takes the small one. */
export const LAYERS = [
  { rid: "h", maxBitrate: 650000 },
  { rid: "m", maxBitrate: 150000, scaleResolutionDownBy: 2 },
];

/**
 * A page's connections by kind, each made anew when it is lost, later each time. `ask(what, facts)` sends a command,
 * `start(peer)` offers or requests; `onTrack(kind, track, transceiver, streams)`, `onConnected()`, and
 * `onLost(kind, pauseMs)`, which answers whether to try again after that pause.
 */
export class SpacePeers {
  iceServers = [];
  #about;
  #peers = new Map();
  #timers = new Map();
  #pauses = new Map();

  constructor({ ask, start, onTrack = () => {}, onConnected = () => {}, onLost = () => true }) {
    this.#about = { ask, start, onTrack, onConnected, onLost };
  }

  has(kind) {
    return this.#peers.has(kind);
  }

  get areConnected() {
    return this.#peers.size > 0 && [...this.#peers.values()].every((peer) => peer.isConnected);
  }

  make(kind) {
    this.close(kind);
    const { ask, start, onTrack, onConnected } = this.#about;
    const peer = new SpacePeer(kind, this.iceServers, {
      ask,
      onTrack: (...found) => onTrack(kind, ...found),
      onConnected,
      onLost: () => this.lose(kind),
    });
    this.#peers.set(kind, peer);
    // Whose seat is gone gets another one, and connects with that.
    start(peer).catch((error) => peer === this.#peers.get(kind) && error.code !== "seat_gone" && this.lose(kind));
  }

  close(...kinds) {
    for (const kind of kinds) {
      clearTimeout(this.#timers.get(kind));
      this.#peers.get(kind)?.close();
      this.#peers.delete(kind);
    }
  }

  closeAll() {
    this.close(...this.#peers.keys());
  }

  /** Send another track from now on, or none, where there is such a connection. */
  async replace(kind, track) {
    await this.#peers.get(kind)?.replace(track);
  }

  lose(kind) {
    if (!this.#peers.has(kind)) {
      return;
    }
    const pause = Math.min(this.#pauses.get(kind) ?? FIRST_AGAIN_MS, LAST_AGAIN_MS);
    if (this.#about.onLost(kind, pause)) {
      this.#pauses.set(kind, pause * 2);
      clearTimeout(this.#timers.get(kind));
      this.#timers.set(kind, setTimeout(() => this.make(kind), pause));
    }
  }

  /** What came over the seat's topic: a description, or that none comes. What is of a connection before is let be. */
  take(event) {
    const peer = this.#peers.get(event.for);
    if (!peer || event.of !== peer.id) {
      return;
    }
    if (event.type === "failed") {
      this.lose(event.for);
    } else {
      peer.take(event).then(() => this.#pauses.delete(event.for));
    }
  }
}

class SpacePeer {
  #connection = null;
  #timer = 0;
  #queue = Promise.resolve();
  #streams = [];

  /**
   * `ask(what, facts)` sends a command; `onTrack(track, transceiver, streams)`, where `streams` says whose each is by its
   * `mid`; `onConnected()` when media can flow; `onLost()` is called once when it must be made anew.
   */
  constructor(kind, iceServers, { ask, onTrack, onConnected, onLost }) {
    this.id = lastId += 1;
    this.kind = kind;
    this.iceServers = iceServers;
    this.ask = ask;
    this.onTrack = onTrack;
    this.onConnected = onConnected;
    this.onLost = onLost;
  }

  get isConnected() {
    return this.#connection?.connectionState === "connected";
  }

  #open() {
    const connection = (this.#connection = new RTCPeerConnection({ iceServers: this.iceServers }));
    connection.addEventListener("track", ({ track, transceiver }) => this.onTrack(track, transceiver, this.#streams));
    connection.addEventListener("connectionstatechange", () => this.#onState());
    this.#watch(CONNECTED_WITHIN_MS);
    return connection;
  }

  #watch(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#lose(), ms);
  }

  #onState() {
    const state = this.#connection?.connectionState;
    if (state === "connected") {
      clearTimeout(this.#timer);
      this.onConnected();
    } else if (state === "disconnected") {
      this.#watch(PATIENCE_MS);
    } else if (state === "failed") {
      this.#lose();
    }
  }

  #lose() {
    if (this.#connection) {
      this.close();
      this.onLost();
    }
  }

  /** Offer to send a track, or none yet, in `layers`; what `facts()` answers when the offer is ready goes along. */
  async offer(track, direction, facts = () => ({}), layers = []) {
    const connection = this.#open();
    const sent = track ?? (this.kind === "show" ? "video" : "audio");
    try {
      connection.addTransceiver(sent, { direction, sendEncodings: layers });
    } catch {
      // A browser that sends one picture alone.
      connection.addTransceiver(sent, { direction });
    }
    await connection.setLocalDescription();
    await gathered(connection);
    if (connection === this.#connection) {
      await this.ask(this.kind, { ...facts(), of: this.id, sdp: connection.localDescription.sdp });
    }
  }

  /** Ask to be offered something. */
  async request() {
    this.#watch(CONNECTED_WITHIN_MS);
    await this.ask(this.kind, { of: this.id });
  }

  /** What came from the other side, one after the other. */
  take(event) {
    this.#queue = this.#queue.then(() => this.#take(event)).catch((error) => console.warn(this.kind, error));
    return this.#queue;
  }

  async #take({ jsep, sdp, streams }) {
    this.#streams = streams;
    if (jsep === "answer") {
      await this.#connection?.setRemoteDescription({ type: "answer", sdp });
      return;
    }
    const connection = this.#connection ?? this.#open();
    await connection.setRemoteDescription({ type: "offer", sdp });
    await connection.setLocalDescription();
    await gathered(connection);
    await this.ask("answer", { to: this.kind, of: this.id, sdp: connection.localDescription.sdp });
  }

  /** Send another track from now on, or none. */
  async replace(track) {
    await this.#connection?.getSenders()[0]?.replaceTrack(track);
  }

  close() {
    clearTimeout(this.#timer);
    const connection = this.#connection;
    this.#connection = null;
    connection?.close();
  }
}

/** Once all addresses are known; a slow TURN server is not waited for. */
function gathered(connection) {
  if (connection.iceGatheringState === "complete") {
    return null;
  }
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHERED_MS);
    connection.addEventListener("icegatheringstatechange", () => {
      if (connection.iceGatheringState === "complete") {
        clearTimeout(timer);
        resolve();
      }
    });
  });
}
