/** Show a button as pressed or not, and of its parts those for that: `data-on`, `data-off`. There may be no button. */
export function press(button, isOn) {
  button?.setAttribute("aria-pressed", String(Boolean(isOn)));
  button?.querySelectorAll("[data-on], [data-off]").forEach((part) => {
    part.hidden = "on" in part.dataset !== Boolean(isOn);
  });
}
