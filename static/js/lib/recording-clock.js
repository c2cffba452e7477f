/** Where in a recording's playlist a time of day is, in seconds from its start: 0 before it, its length after it. */
export function positionOf(playlist, date) {
  let position = 0;
  let at = null;
  for (const line of playlist.split("\n")) {
    if (line.startsWith("#EXT-X-PROGRAM-DATE-TIME:")) {
      at = Date.parse(line.slice(line.indexOf(":") + 1));
      if (at > date) {
        return position;
      }
    } else if (line.startsWith("#EXTINF:")) {
      const duration = Number.parseFloat(line.slice(8));
      if (date < at + duration * 1000) {
        return position + (date - at) / 1000;
      }
      position += duration;
    }
  }
  return position;
}
