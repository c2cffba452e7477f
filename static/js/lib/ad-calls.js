/** What a page says to the server about ads. Nothing of it may hold anything up. */

const ANSWER_MS = 1500;

/**
 * An ad for this viewer; null for none, and for a server that errs, lies or takes too long.
 *
 * @param {string} url
 * @param {{ channel: number, format: string, longest_s?: number }} wish
 * @param {AbortSignal} [signal]
 */
export async function askForAd(url, wish, signal) {
  try {
    const patience = AbortSignal.timeout(ANSWER_MS);
    const response = await post(url, wish, signal ? AbortSignal.any([signal, patience]) : patience);
    const { ads } = response.ok ? await response.json() : { ads: [] };
    return isWhole(ads?.[0]) ? ads[0] : null;
  } catch {
    return null;
  }
}

/** Say what became of an ad. Whether it is believed is the server's business; answers when it was heard, or soon. */
export async function tellOfAd(url, token, event) {
  if (url) {
    const soon = new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
    await Promise.race([post(url, { token, event }).catch(() => {}), soon]);
  }
}

function post(url, body, signal) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  return fetch(url, { method: "POST", headers, body: JSON.stringify(body), keepalive: true, signal });
}

function isWhole(ad) {
  return typeof ad?.token === "string" && ad.skip_ms >= 0 && typeof ad.advertiser === "string";
}
