/** Which of a grid's buttons an arrow key leads to, by where they stand; null past the edge. */
export function stepInGrid(button, key) {
  const all = [...button.parentElement.querySelectorAll("button")];
  const at = all.indexOf(button);
  const isReversed = getComputedStyle(button).direction === "rtl";
  if (key === "ArrowLeft" || key === "ArrowRight") {
    return all[at + ((key === "ArrowRight") === isReversed ? -1 : 1)] ?? null;
  }
  const isDown = key === "ArrowDown";
  const beyond = all.filter((one) => (isDown ? one.offsetTop > button.offsetTop : one.offsetTop < button.offsetTop));
  const row = isDown ? beyond[0]?.offsetTop : beyond.at(-1)?.offsetTop;
  const distance = (one) => Math.abs(one.offsetLeft - button.offsetLeft);
  return beyond.filter((one) => one.offsetTop === row).sort((a, b) => distance(a) - distance(b))[0] ?? null;
}
