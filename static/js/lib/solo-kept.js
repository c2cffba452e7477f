/** What this tab has live, also after its page was loaded anew: the channel, by what, and whether it is muted. */

const KEY = "estrade.solo";

export function keptSolo() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

export function keepSolo(facts) {
  try {
    if (facts) {
      sessionStorage.setItem(KEY, JSON.stringify(facts));
    } else {
      sessionStorage.removeItem(KEY);
    }
  } catch {
    // A browser that keeps nothing has to be told again after a reload.
  }
}
