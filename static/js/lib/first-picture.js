/** Where a picture is awaited, what can wait is not fetched before it; but for so long at most. */
const AT_MOST_MS = 1500;

/** Resolves once the page's live player shows a picture, or has none to show, or somebody touches the page. */
export async function firstPicture() {
  const player = document.querySelector("live-player");
  if (player) {
    await Promise.race([shown(player), touched(), new Promise((resolve) => setTimeout(resolve, AT_MOST_MS))]);
  }
}

async function shown(player) {
  await customElements.whenDefined("live-player");
  if (player.view === "connecting") {
    await happens(player.querySelector("video"), "playing");
  }
}

function touched() {
  return Promise.race(["pointerdown", "keydown", "focusin"].map((type) => happens(document, type)));
}

function happens(target, type) {
  return new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
}
