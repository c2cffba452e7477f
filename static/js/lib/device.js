const KEY = "estrade-device";

let id = null;

/** A number that stands for this browser, where something may be watched on so many devices alone. */
export function deviceId() {
  id ??= stored() ?? made();
  return id;
}

function stored() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    // Some browsers keep nothing: then it is this page's.
    return null;
  }
}

function made() {
  const number = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    localStorage.setItem(KEY, number);
  } catch {
    return number;
  }
  return number;
}
