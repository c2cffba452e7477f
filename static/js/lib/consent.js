const KEY = "estrade.adult";

/** Whether somebody has said in this tab that they may see what is for adults. */
export function hasConsented() {
  try {
    return sessionStorage.getItem(KEY) === "1";
  } catch {
    return false;
  }
}

export function consent() {
  try {
    sessionStorage.setItem(KEY, "1");
  } catch {
    // Without storage they are asked again on the next page.
  }
}
