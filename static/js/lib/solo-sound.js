/** What is sent of a microphone and of a screen's own sound: either as it is, or both mixed. */
export class SoloSound {
  #context = null;

  /** One track of what there is; null of nothing. */
  mix(voice, sound) {
    this.close();
    if (!voice || !sound) {
      return voice ?? sound;
    }
    const context = (this.#context = new AudioContext());
    const out = new MediaStreamAudioDestinationNode(context);
    for (const track of [voice, sound]) {
      context.createMediaStreamSource(new MediaStream([track])).connect(out);
    }
    context.resume().catch(() => {});
    return out.stream.getAudioTracks()[0];
  }

  close() {
    this.#context?.close();
    this.#context = null;
  }
}
