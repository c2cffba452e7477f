/**
 * The page's one websocket. It opens with the first that is asked of it, outlives navigation, comes back by itself
 * after whatever cuts it, and follows again what was followed. While it is away nobody is told anything: whoever
 * must know all the same asks over HTTP (lib/broadcast-state).
 */

const PATH = "/ws/";
const FIRST_RETRY_MS = 500;
/** A server that starts anew takes some seconds: whoever waits twice as long each time would stay away as long again. */
const RETRY_GROWTH = 1.3;
const LAST_RETRY_MS = 20000;
const CROWDED_RETRY_MS = 60000;
const RESYNC_SPREAD_MS = 2000;
const FOLLOW_AGAIN_MS = 5000;
const QUIET_MS = 25000;
const ANSWER_MS = 10000;
const LINGER_MS = 10000;

/** Close codes of realtime/hub.py. */
const GONE = 4001;
const CROWDED = 4008;
const ABUSIVE = 4009;

/** A command that was refused; `code` is for scripts, the message for people. Code "offline": it was never answered. */
export class CommandError extends Error {
  constructor({ code, message = code, ...facts }) {
    super(message);
    this.code = code;
    this.facts = facts;
  }
}

/** One topic as this page follows it, for all who asked. */
class Subscription {
  constructor(topic) {
    this.topic = topic;
    this.listeners = new Set();
  }

  hand(event) {
    for (const { handler } of this.listeners) {
      attempt(() => handler(event));
    }
  }

  /** Fresh: nothing that is published is missed from here on. */
  setFresh(fresh) {
    for (const listener of this.listeners) {
      if (listener.isFresh !== fresh) {
        listener.isFresh = fresh;
        attempt(() => listener.onFresh?.(fresh));
      }
    }
  }
}

class Socket {
  #socket = null;
  #subscriptions = new Map();
  #answers = new Map();
  #lastId = 0;
  #failures = 0;
  #retryTimer = 0;
  #quietTimer = 0;
  #lingerTimer = 0;
  #identity = null;

  constructor() {
    addEventListener("online", () => this.#reconnectNow());
    addEventListener("pageshow", (event) => event.persisted && this.#reconnectNow());
    document.addEventListener("visibilitychange", () => document.hidden || this.#reconnectNow());
    document.addEventListener("turbo:load", () => this.#onIdentity());
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /**
   * Follow a topic until the returned function is called. `handler` gets its events, a snapshot first where there is
   * one. `onFresh(isFresh)` tells whether they come now; it isn't fresh when the page may not follow the topic.
   */
  subscribe(topic, handler, onFresh = null) {
    let subscription = this.#subscriptions.get(topic);
    const listener = { handler, onFresh, isFresh: false };
    if (!subscription) {
      this.#subscriptions.set(topic, (subscription = new Subscription(topic)));
    }
    subscription.listeners.add(listener);
    // A second listener has missed the snapshot: it is asked for again.
    this.#follow(subscription);
    this.#open();
    return () => this.#leave(subscription, listener);
  }

  /** Have a command done. Rejects with a CommandError. */
  send(command, payload = {}) {
    this.#open();
    return new Promise((resolve, reject) => {
      const id = (this.#lastId += 1);
      const text = JSON.stringify({ id, command, payload });
      const timer = setTimeout(() => this.#settle({ id, error: { code: "offline" } }), ANSWER_MS);
      this.#answers.set(id, { resolve, reject, timer, text, isSent: false });
      this.#sendWaiting();
    });
  }

  #leave(subscription, listener) {
    subscription.listeners.delete(listener);
    if (subscription.listeners.size === 0 && this.#subscriptions.get(subscription.topic) === subscription) {
      this.#subscriptions.delete(subscription.topic);
      if (this.isOpen) {
        this.send("leave", { topic: subscription.topic }).catch(() => {});
      }
    }
    clearTimeout(this.#lingerTimer);
    this.#lingerTimer = setTimeout(() => this.#subscriptions.size === 0 && this.#close(), LINGER_MS);
  }

  async #follow(subscription) {
    if (!this.isOpen) {
      return;
    }
    const socket = this.#socket;
    try {
      await this.send("subscribe", { topic: subscription.topic });
      subscription.setFresh(socket === this.#socket);
    } catch (error) {
      subscription.setFresh(false);
      if (error.code !== "not_allowed" && socket === this.#socket) {
        setTimeout(() => this.#followAgain(subscription), FOLLOW_AGAIN_MS * (0.5 + Math.random()));
      }
    }
  }

  #followAgain(subscription) {
    if (this.#subscriptions.get(subscription.topic) === subscription) {
      this.#follow(subscription);
    }
  }

  // The connection

  #open() {
    if (this.#socket || this.#retryTimer) {
      return;
    }
    this.#identity = identity();
    const address = `${location.origin.replace(/^http/, "ws")}${PATH}?language=${document.documentElement.lang}`;
    const socket = (this.#socket = new WebSocket(address));
    socket.addEventListener("open", () => this.#onOpen());
    socket.addEventListener("message", (message) => this.#onMessage(message.data));
    socket.addEventListener("close", ({ code }) => this.#socket === socket && this.#onClose(code));
  }

  #onOpen() {
    this.#listenForQuiet();
    for (const subscription of this.#subscriptions.values()) {
      this.#follow(subscription);
    }
    this.#sendWaiting();
  }

  #onClose(code) {
    this.#socket = null;
    clearTimeout(this.#quietTimer);
    for (const subscription of this.#subscriptions.values()) {
      subscription.setFresh(false);
    }
    for (const [id, answer] of this.#answers) {
      if (answer.isSent) {
        this.#settle({ id, error: { code: "offline" } });
      }
    }
    this.#retry(code);
  }

  #retry(code) {
    if (this.#subscriptions.size === 0 && this.#answers.size === 0) {
      return;
    }
    const most = Math.min(FIRST_RETRY_MS * RETRY_GROWTH ** this.#failures, LAST_RETRY_MS);
    const pause = code === CROWDED || code === ABUSIVE ? CROWDED_RETRY_MS : most;
    const atOnce = code === GONE && this.#failures === 0;
    this.#failures += 1;
    clearTimeout(this.#retryTimer);
    // Everybody lost the server at the same moment, and must not come back at the same moment.
    this.#retryTimer = setTimeout(() => this.#retryNow(), atOnce ? 0 : pause * (0.5 + Math.random()));
  }

  #retryNow() {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = 0;
    this.#open();
  }

  #reconnectNow() {
    if (this.#retryTimer && !this.#socket) {
      this.#retryNow();
    } else if (this.isOpen) {
      this.#ping();
    }
  }

  #close() {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = 0;
    this.#socket?.close();
  }

  /** Somebody logged in or out and the page went on without a load: the socket is still the other one's. */
  #onIdentity() {
    if (this.#socket && identity() !== this.#identity) {
      this.#socket.close(GONE);
    }
  }

  // A connection that died without a word looks like a quiet one.

  #listenForQuiet() {
    clearTimeout(this.#quietTimer);
    this.#quietTimer = setTimeout(() => this.#ping(), QUIET_MS * (0.8 + Math.random() * 0.4));
  }

  async #ping() {
    const socket = this.#socket;
    try {
      await this.send("ping");
    } catch (error) {
      if (socket && socket === this.#socket && error.code === "offline") {
        socket.close();
        this.#onClose(0);
      }
    }
  }

  // Frames

  #sendWaiting() {
    if (this.isOpen) {
      for (const answer of this.#answers.values()) {
        if (!answer.isSent) {
          answer.isSent = true;
          this.#socket.send(answer.text);
        }
      }
    }
  }

  #onMessage(data) {
    this.#listenForQuiet();
    this.#failures = 0;
    for (const event of JSON.parse(data)) {
      if (event.topic) {
        this.#onEvent(event);
      } else if (event.type === "reply") {
        this.#settle(event);
      } else if (event.type === "away" || event.type === "resync") {
        this.#onServer(event.type);
      }
    }
  }

  #onEvent(event) {
    const subscription = this.#subscriptions.get(event.topic);
    if (event.type === "closed") {
      subscription?.setFresh(false);
    }
    subscription?.hand(event);
  }

  /** The server itself lost touch with what is published, or found it again. */
  #onServer(type) {
    for (const subscription of this.#subscriptions.values()) {
      subscription.setFresh(false);
      if (type === "resync") {
        setTimeout(() => this.#followAgain(subscription), Math.random() * RESYNC_SPREAD_MS);
      }
    }
  }

  #settle({ id, result = null, error = null }) {
    const answer = this.#answers.get(id);
    if (!answer) {
      return;
    }
    this.#answers.delete(id);
    clearTimeout(answer.timer);
    if (error) {
      answer.reject(new CommandError(error));
    } else {
      answer.resolve(result);
    }
  }
}

/** Who is logged in, as the page says; empty for nobody. */
function identity() {
  return document.querySelector("meta[name='estrade-user']")?.content ?? "";
}

/** One listener's mistake is no reason for the others to hear nothing. */
function attempt(action) {
  try {
    action();
  } catch (error) {
    reportError(error);
  }
}

export const socket = new Socket();
