import { socket } from "lib/socket";

const AGAIN_MS = 2000;
const LATE_MS = 1500;

/**
 * Sends lines one after the other, each until it is answered: the server writes what it knows by its client id once.
 * `onState(state)` hears "idle", "sending" (only when it takes long) or "offline"; `send` answers the written line or
 * rejects with the refusal.
 */
export class ChatSender {
  onState = () => {};
  #tail = Promise.resolve();
  #isOpen = true;

  connect() {
    this.#isOpen = true;
  }

  disconnect() {
    this.#isOpen = false;
  }

  send(command, payload) {
    const turn = this.#tail.then(() => this.#sendUntilAnswered(command, { ...payload, client_id: newId() }));
    this.#tail = turn.catch(() => {});
    return turn;
  }

  async #sendUntilAnswered(command, payload) {
    const late = setTimeout(() => this.onState("sending"), LATE_MS);
    try {
      while (this.#isOpen) {
        try {
          return await socket.send(command, payload);
        } catch (error) {
          if (error.code !== "offline") {
            throw error;
          }
          this.onState("offline");
          await new Promise((resolve) => setTimeout(resolve, AGAIN_MS * (0.5 + Math.random())));
        }
      }
      return null;
    } finally {
      clearTimeout(late);
      this.onState("idle");
    }
  }
}

/** 128 random bits as a UUID; `crypto.randomUUID` is there only over HTTPS and on loopback. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
