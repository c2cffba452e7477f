import { chooseDevice, chosenDevices, meter, openCamera, openMicrophone } from "lib/space-devices";

/** The dialog in which a microphone and a camera are chosen, heard and seen before anybody else does. */
export class SpacePreview {
  #dialog;
  #tracks = [];
  #stopMeter = null;

  constructor(dialog) {
    this.#dialog = dialog;
    dialog.addEventListener("change", (event) => this.#onChoice(event.target));
  }

  /**
   * True when somebody wants to use what they chose. Rejects when there is no microphone, or, where one may go without it,
   * neither of the two.
   */
  async ask({ hasCamera = true, mayBeSilent = false } = {}) {
    this.#dialog.returnValue = "";
    this.#dialog.querySelectorAll("[data-camera-part]").forEach((part) => (part.hidden = !hasCamera));
    this.#dialog.querySelectorAll("[data-lacks]").forEach((note) => (note.hidden = true));
    try {
      await this.#openMicrophone().catch((error) => this.#goWithout(error, mayBeSilent, hasCamera));
      // Its page may be gone by now.
      if (!this.#dialog.isConnected) {
        return false;
      }
      await this.#show(hasCamera);
    } finally {
      this.#stop();
    }
    return this.#dialog.returnValue === "use";
  }

  async #goWithout(error, mayBeSilent, hasCamera) {
    if (!mayBeSilent) {
      throw error;
    }
    // Without either there is nothing to choose.
    if (hasCamera) {
      await this.#openCamera().catch(() => {
        throw error;
      });
    }
    this.#lack("audioinput");
  }

  #lack(kind, isLacking = true) {
    for (const note of this.#dialog.querySelectorAll(`[data-lacks="${kind}"]`)) {
      note.hidden = !isLacking;
    }
  }

  /** Until it is closed. Who is quick closes it before the camera is there. */
  async #show(hasCamera) {
    const closed = new Promise((resolve) => this.#dialog.addEventListener("close", resolve, { once: true }));
    this.#dialog.showModal();
    const shown = (hasCamera ? this.#openCamera() : Promise.resolve())
      .catch(() => this.#lack("videoinput"))
      .then(() => this.#list());
    await closed;
    await shown.catch(() => {});
  }

  /** Nothing was chosen. */
  close() {
    this.#dialog.close();
  }

  async #openMicrophone() {
    const track = await openMicrophone();
    this.#keep(track);
    this.#stopMeter?.();
    this.#stopMeter = meter(track, (level) => (this.#dialog.querySelector("[data-level]").value = level));
  }

  async #openCamera() {
    const track = await openCamera();
    this.#keep(track);
    this.#dialog.querySelector("[data-picture]").srcObject = new MediaStream([track]);
  }

  #keep(track) {
    this.#tracks.filter(({ kind }) => kind === track.kind).forEach((old) => old.stop());
    this.#tracks = [...this.#tracks.filter(({ kind }) => kind !== track.kind), track];
  }

  async #list() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    for (const select of this.#dialog.querySelectorAll("select")) {
      const own = devices.filter(({ kind }) => kind === select.dataset.kind);
      const chosen = chosenDevices()[select.dataset.kind];
      select.replaceChildren(
        ...own.map((device, index) => new Option(device.label || String(index + 1), device.deviceId, false, device.deviceId === chosen)),
      );
      select.disabled = own.length === 0;
    }
  }

  async #onChoice(select) {
    if (select.dataset.kind) {
      chooseDevice(select.dataset.kind, select.value);
      const opened = select.dataset.kind === "audioinput" ? this.#openMicrophone() : this.#openCamera();
      await opened.then(
        () => this.#lack(select.dataset.kind, false),
        () => this.#lack(select.dataset.kind),
      );
    }
  }

  #stop() {
    this.#stopMeter?.();
    this.#stopMeter = null;
    this.#tracks.forEach((track) => track.stop());
    this.#tracks = [];
    this.#dialog.querySelector("[data-picture]").srcObject = null;
  }
}
