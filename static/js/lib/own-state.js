import { deviceId } from "lib/device";
import { socket } from "lib/socket";

/** Somebody whom a gate keeps out asks again this often: they may have followed elsewhere. */
const REFUSED_AGAIN_MS = 15000;

/**
 * What only this viewer is told of a gated broadcast: the state that everybody gets has no address for it. It costs
 * the server a request a viewer, so it is asked for only when the last answer has run out.
 */
export class OwnState {
  #url;
  #onChange;
  #answer = null;
  #freshUntil = 0;
  #stopListening = null;

  /** `onChange` is called when another answer may be given now. */
  constructor(url, onChange) {
    this.#url = url;
    this.#onChange = onChange;
    addEventListener("pagehide", () => this.#giveUpPlace());
  }

  /** Ask anew next time, whatever was answered before. */
  forget() {
    this.#freshUntil = 0;
  }

  /** The broadcast as this viewer may have it, of the one that everybody is told of. */
  async complete(shared, timeoutMs) {
    if (!shared?.gate) {
      this.#answer = null;
      return shared;
    }
    if (this.#answer?.media !== shared.media || this.#answer?.state !== shared.state || Date.now() > this.#freshUntil) {
      await this.#ask(timeoutMs);
    }
    const { playlist_url, playlist_expires_at, renew_at, thumbnail_url, is_admitted, place } = this.#answer ?? shared;
    return { ...shared, playlist_url, playlist_expires_at, renew_at, thumbnail_url, is_admitted, place };
  }

  /** Watch on this device, in the place of another. */
  async watchHere() {
    await socket.send("playback.watch_here", this.#named());
    this.forget();
  }

  /** Nobody watches here any more. */
  leave() {
    this.#stopListening?.();
    this.#stopListening = null;
    this.#giveUpPlace();
  }

  #listen() {
    const user = document.querySelector("meta[name='estrade-user']")?.content;
    if (user && !this.#stopListening) {
      this.#stopListening = socket.subscribe(`devices.${user}`, () => {
        this.forget();
        this.#onChange();
      });
    }
  }

  #giveUpPlace() {
    if (this.#answer?.place === "held") {
      socket.send("playback.leave", this.#named()).catch(() => {});
      this.#answer = null;
    }
  }

  #named() {
    return { broadcast: this.#answer?.broadcast, device: deviceId() };
  }

  async #ask(timeoutMs) {
    this.#listen();
    const response = await fetch(`${this.#url}?device=${deviceId()}`, { signal: AbortSignal.timeout(timeoutMs), credentials: "same-origin" });
    if (!response.ok) {
      throw new Error(`own state answered ${response.status}`);
    }
    this.#answer = broadcastOf(await response.json());
    this.#freshUntil = Date.now() + this.#lifetimeMs();
  }

  #lifetimeMs() {
    if (!this.#answer?.is_admitted || this.#answer.place === "none") {
      return REFUSED_AGAIN_MS;
    }
    // Admitted, but nothing to play yet: with the next question.
    return this.#answer.playlist_url ? Date.parse(this.#answer.renew_at) - Date.now() : 0;
  }
}

/** The broadcast in an answer: a channel's names what it shows, a broadcast's is one itself. Over is as good as none. */
export function broadcastOf(answer) {
  const broadcast = typeof answer.broadcast === "string" ? answer : answer.broadcast;
  return broadcast?.state === "ended" ? null : broadcast;
}
