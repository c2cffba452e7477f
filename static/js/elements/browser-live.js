import { press } from "lib/press";
import { currentSolo, goLive, solos } from "lib/solo";
import { CommandError } from "lib/socket";
import "lib/solo-bar";
import { faultOf, meter } from "lib/space-devices";
import { SpacePreview } from "lib/space-preview";

/** <browser-live channel="alice">: going live from this page, and what one does meanwhile. lib/solo keeps it going. */
class BrowserLive extends HTMLElement {
  #solo = null;
  #preview;
  #listening;
  #metered = null;
  #stopMeter = null;

  connectedCallback() {
    this.#preview = new SpacePreview(this.querySelector("[data-preview]"));
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener("click", (event) => this.#onClick(event), { signal });
    solos.addEventListener("change", () => this.#take(), { signal });
    this.#take();
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#preview.close();
    this.#let();
    this.#meter(null);
  }

  get #channel() {
    return this.getAttribute("channel");
  }

  #take() {
    const solo = currentSolo();
    const own = solo?.channel === this.#channel ? solo : null;
    // Of one that is over it is still to be heard why.
    if (own && own !== this.#solo) {
      this.#let();
      this.#solo = own;
      own.addEventListener("change", this.#draw);
      own.addEventListener("over", this.#onOver);
      this.#say("");
    }
    this.#draw();
  }

  #let() {
    this.#solo?.removeEventListener("change", this.#draw);
    this.#solo?.removeEventListener("over", this.#onOver);
    this.#solo = null;
  }

  #onOver = ({ detail }) => {
    this.#let();
    this.#draw();
    this.#say(detail?.message ?? "");
  };

  // What is shown

  #draw = () => {
    const solo = this.#solo?.state === "over" ? null : this.#solo;
    this.dataset.state = solo?.state ?? "off";
    for (const part of this.querySelectorAll("[data-when]")) {
      part.hidden = (part.dataset.when === "live") !== Boolean(solo);
    }
    for (const button of this.querySelectorAll("[data-start]")) {
      button.disabled = false;
    }
    this.querySelector("[data-note]").textContent = solo ? this.#text(this.#standing(solo)) : "";
    this.#tell("voice", solo?.voiceFault);
    this.#tell("picture", solo?.pictureFault);
    const mute = this.querySelector("[data-mute]");
    mute.disabled = !solo?.voice;
    press(mute, solo?.isMuted);
    press(this.querySelector('[data-source="camera"]'), solo?.source === "camera");
    press(this.querySelector('[data-source="screen"]'), solo?.source === "screen");
    this.#show(solo?.picture ?? null);
    this.#meter(solo?.voice ?? null);
  };

  /** What of this page viewers get. */
  #standing(solo) {
    if (solo.state !== "live") {
      return solo.state;
    }
    if (solo.isHeard) {
      return solo.source ? "live" : "dark";
    }
    return solo.source ? "silent" : "nothing";
  }

  #tell(what, fault) {
    const note = this.querySelector(`[data-fault="${what}"]`);
    note.textContent = fault ? this.#text(`${what}-${fault}`) : "";
    note.hidden = !fault;
  }

  #show(stream) {
    const video = this.querySelector("[data-own]");
    const [shown, wanted] = [video.srcObject, stream].map((one) => one?.getVideoTracks()[0] ?? null);
    if (shown !== wanted) {
      video.srcObject = stream;
    }
    video.hidden = !stream;
  }

  #meter(track) {
    if (track === this.#metered) {
      return;
    }
    this.#stopMeter?.();
    this.#metered = track;
    const level = this.querySelector("[data-own-level]");
    this.#stopMeter = track && meter(track, (loud) => (level.value = loud));
  }

  #say(text) {
    const error = this.querySelector("[data-error]");
    error.textContent = text;
    error.hidden = !text;
  }

  // What is done

  async #onClick(event) {
    const button = event.target.closest("button");
    if (!button || button.form) {
      return;
    }
    this.#say("");
    try {
      await this.#act(button.dataset);
    } catch (error) {
      this.#say(this.#explain(error, button.dataset));
    }
  }

  #text(name) {
    return this.querySelector(`[data-text="${name}"]`)?.textContent ?? "";
  }

  #explain(error, { start, source }) {
    if (error instanceof CommandError) {
      return error.code === "offline" ? this.#text("offline") : error.message;
    }
    const fault = faultOf(error);
    return this.#text((start ?? source) === "screen" && fault !== "insecure" ? "no-screen" : fault);
  }

  #act(dataset) {
    const solo = this.#solo;
    if (dataset.start) {
      return this.#start(dataset.start);
    }
    if (!solo) {
      return null;
    }
    if ("stop" in dataset) {
      return solo.stop();
    }
    if ("mute" in dataset) {
      return solo.setMuted(!solo.isMuted);
    }
    if ("devices" in dataset) {
      return this.#choose();
    }
    return solo.source === dataset.source ? solo.hidePicture() : solo.usePicture(dataset.source);
  }

  /** Whoever shows a screen needn't look at their camera first. */
  async #start(source) {
    if (await this.#preview.ask({ hasCamera: source === "camera", mayBeSilent: true })) {
      await goLive(this.#channel, source);
    }
  }

  async #choose() {
    const solo = this.#solo;
    const hasCamera = solo.source === "camera";
    if (await this.#preview.ask({ hasCamera, mayBeSilent: true })) {
      await solo.useMicrophone().catch(() => {});
      if (hasCamera) {
        await solo.usePicture("camera");
      }
    }
  }
}

customElements.define("browser-live", BrowserLive);
