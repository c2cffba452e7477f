/** A text from the page with its {names} filled in. */
export function fillText(text, facts) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);
}
