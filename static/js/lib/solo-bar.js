/** A bar at the foot of every page but its studio, for as long as this page is live. After a load it goes on by itself. */

import { currentSolo, goOn, solos } from "lib/solo";
import { keptSolo } from "lib/solo-kept";

let bar = null;

function show() {
  const solo = currentSolo();
  const home = solo && `/studio/${solo.channel}/`;
  bar?.remove();
  bar = null;
  if (!solo || location.pathname === home) {
    return;
  }
  bar = document.getElementById("solo-bar")?.content.firstElementChild.cloneNode(true) ?? null;
  if (bar) {
    bar.querySelector("[data-home]").href = home;
    bar.querySelector("[data-title]").textContent = `@${solo.channel}`;
    bar.querySelector("[data-stop]").addEventListener("click", () => solo.stop().catch(() => {}));
    document.documentElement.append(bar);
  }
}

solos.addEventListener("change", show);
document.addEventListener("turbo:load", show);
if (keptSolo() && !currentSolo()) {
  goOn(keptSolo());
}
