/** Keys that work anywhere on the watch page, but never while somebody types or holds a modifier. */

const TYPING = "input, textarea, select, [contenteditable]";
const PRESSABLE = "button, a, summary, [role^=menuitem], [role=button], [role=slider]";

/**
 * @param {Record<string, () => void>} actions by key, as KeyboardEvent.key has it in lower case
 * @returns {() => void} to stop listening
 */
export function listenForShortcuts(actions) {
  const onKey = (event) => {
    const key = event.key.toLowerCase();
    const action = actions[key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) {
      return;
    }
    const target = event.composedPath()[0];
    if (target instanceof Element && isBusy(event, target, key)) {
      return;
    }
    event.preventDefault();
    action();
  };
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

/** The focused element has a use of its own for this key. */
function isBusy(event, target, key) {
  const path = event.composedPath().filter((node) => node instanceof Element);
  if (path.some((node) => node.matches("dialog, [role=menu]")) || target.matches(TYPING)) {
    return !isRange(target) || key.startsWith("arrow");
  }
  return key === " " && path.some((node) => node.matches(PRESSABLE) || node.localName.startsWith("media-mute"));
}

function isRange(element) {
  return element.matches("input[type=range]");
}
