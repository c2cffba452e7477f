/** Starts what a page can do without until its first picture: the modules it names in `script[data-later]`. */

import { firstPicture } from "lib/first-picture";

async function load() {
  await firstPicture();
  for (const list of document.querySelectorAll("script[data-later]")) {
    JSON.parse(list.textContent).forEach((address) => import(address));
  }
}

document.addEventListener("turbo:load", load);
load();
