/**
 * Pages follow each other without a load (Turbo), so that what plays goes on. What posts a form loads a page as ever,
 * unless it says data-turbo="true".
 */

import { firstPicture } from "lib/first-picture";
import { keptSolo } from "lib/solo-kept";

let turbo;

function load() {
  turbo ??= Promise.all([import("@hotwired/turbo"), import("lib/mini-player")]).then(([Turbo]) => {
    Turbo.config.forms.mode = "optin";
    Turbo.config.drive.unvisitableExtensions.add(".ics");
    // base.css shows that a page is on its way, from `aria-busy`: Turbo's own bar brings a style of its own.
    Turbo.config.drive.progressBarDelay = 2 ** 31 - 1;
    // Turbo expects to be there before the page is, and learns from this event that it has missed that.
    document.dispatchEvent(new Event("readystatechange"));
    return Turbo;
  });
  return turbo;
}

/** Show the page under this address, or this page anew. */
export async function visit(address, options = {}) {
  (await load()).visit(address, options);
}

// An error's page is loaded as a page: Turbo would run its head once more.
document.addEventListener("turbo:before-fetch-response", (event) => {
  const { response, succeeded } = event.detail.fetchResponse;
  if (event.target === document.documentElement && !succeeded) {
    event.preventDefault();
    location.assign(response.url);
  }
});

// Whoever can't see the page change is told by where they are: at the start of what is new.
document.addEventListener("turbo:render", () => {
  if (document.activeElement === document.body && !location.hash) {
    document.getElementById("main")?.focus({ preventScroll: true });
  }
});

firstPicture().then(load);

// Whoever was live from this page goes on.
if (keptSolo()) {
  import("lib/solo-bar");
}
