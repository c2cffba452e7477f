const MOST = 24;

/** A short list of words that the browser keeps. */
export function recall(key) {
  try {
    const words = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(words) ? words.filter((word) => typeof word === "string") : [];
  } catch {
    return [];
  }
}

export function remember(key, words) {
  try {
    localStorage.setItem(key, JSON.stringify(words.slice(0, MOST)));
  } catch {
    // Without storage nothing was used lately.
  }
}
