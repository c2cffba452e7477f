import { playerOf } from "lib/player-of";
import { listenForShortcuts } from "lib/shortcuts";

const SEEK_S = 5;
const VOLUME_STEP = 0.1;

/**
 * <player-keys> around the <dialog> that lists the keys, inside the player they work on. In the mini-player they belong
 * to the page again.
 */
class PlayerKeys extends HTMLElement {
  #stop;

  async connectedCallback() {
    const player = await playerOf(this);
    if (!player || this.#stop || this.closest(".mini-player")) {
      return;
    }
    const dialog = this.querySelector("dialog");
    const help = () => !dialog.open && dialog.showModal();
    player.addEventListener("showkeys", help);
    const stopKeys = listenForShortcuts({
      " ": () => player.togglePlaying(),
      k: () => player.togglePlaying(),
      m: () => player.toggleMuted(),
      f: () => toggleFullscreen(player),
      l: () => player.goLive?.(),
      s: () => player.dispatchEvent(new Event("togglestats")),
      "?": help,
      arrowleft: () => player.seekBy(-SEEK_S),
      arrowright: () => player.seekBy(SEEK_S),
      arrowup: () => player.turnVolume(VOLUME_STEP),
      arrowdown: () => player.turnVolume(-VOLUME_STEP),
    });
    this.#stop = () => {
      stopKeys();
      player.removeEventListener("showkeys", help);
    };
  }

  disconnectedCallback() {
    this.#stop?.();
    this.#stop = null;
  }
}

function toggleFullscreen(player) {
  if (document.fullscreenElement) {
    document.exitFullscreen();
  } else {
    player.querySelector("media-controller").requestFullscreen?.();
  }
}

customElements.define("player-keys", PlayerKeys);
