/** The player that an element stands in, once it is one; null outside of any. */
export async function playerOf(element) {
  const player = element.closest("live-player, replay-player");
  if (player) {
    await customElements.whenDefined(player.localName);
  }
  return player;
}
