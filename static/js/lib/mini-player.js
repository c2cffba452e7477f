/**
 * What plays goes on in a corner while its viewer looks at other pages, and is back in its place on its own.
 *
 * A player is moved, never made anew: its frame stands beside <body>, which is what Turbo replaces.
 */

const PLAYERS = "live-player, replay-player";

let frame = null;
/** Where in the page that comes the player belongs, while it is its own. */
let place = null;

function playerIn(root) {
  return root.querySelector(PLAYERS);
}

/** A player's page, and what is told apart by it. */
function home(player) {
  return player.getAttribute("home");
}

function keep(player) {
  frame = document.getElementById("mini-player").content.firstElementChild.cloneNode(true);
  const link = frame.querySelector("[data-home]");
  link.href = home(player);
  link.querySelector("[data-title]").textContent = document.querySelector("h1")?.textContent ?? "";
  frame.querySelector("[data-close]").addEventListener("click", close);
  document.documentElement.append(frame);
  frame.prepend(player);
}

function close() {
  frame?.remove();
  frame = null;
}

document.addEventListener("turbo:before-render", ({ detail: { newBody } }) => {
  const [kept, leaving, coming] = [frame && playerIn(frame), playerIn(document.body), playerIn(newBody)];
  const playing = kept ?? (leaving?.isGoingOn ? leaving : null);
  if (!playing) {
    return;
  }
  if (coming && home(coming) === home(playing)) {
    place = document.createElement("div");
    coming.replaceWith(place);
  } else if (coming) {
    close();
    return;
  }
  if (!kept) {
    keep(playing);
  }
});

document.addEventListener("turbo:render", () => {
  place?.replaceWith(playerIn(frame));
  if (place) {
    close();
  }
  place = null;
});
