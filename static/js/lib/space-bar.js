/** A bar at the foot of every page but the Space's own, for as long as this page is in one. */

import { currentSpace, spaces } from "lib/space";

let bar = null;
let shown = null;

function home(space) {
  return `/spaces/${space.id}`;
}

function show() {
  const space = currentSpace();
  // What is heard from afar has the player's own corner.
  if (!space || space.isFar || location.pathname === home(space)) {
    bar?.remove();
    bar = shown = null;
    return;
  }
  if (!bar) {
    bar = document.getElementById("space-bar").content.firstElementChild.cloneNode(true);
    bar.querySelector("[data-leave]").addEventListener("click", () => currentSpace()?.leave());
    bar.querySelector("[data-mute]").addEventListener("click", () => toggle());
    document.documentElement.append(bar);
  }
  if (shown !== space) {
    shown = space;
    space.addEventListener("change", draw);
  }
  draw();
}

function toggle() {
  const space = currentSpace();
  space?.setMuted(!space.isMuted).catch(() => {});
}

function draw() {
  const space = currentSpace();
  if (!bar || !space) {
    return;
  }
  bar.querySelector("[data-home]").href = home(space);
  bar.querySelector("[data-title]").textContent = space.title;
  const mute = bar.querySelector("[data-mute]");
  mute.hidden = !space.isOnStage || !space.hasVoice;
  mute.setAttribute("aria-pressed", String(space.isMuted));
  bar.classList.toggle("is-heard", space.media.talking.length > 0);
}

spaces.addEventListener("change", show);
document.addEventListener("turbo:load", show);
