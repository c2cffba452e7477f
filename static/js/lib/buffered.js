/** How much of a media element's buffer lies ahead of the playhead, in seconds. */
export function bufferAhead({ buffered, currentTime }) {
  for (let i = 0; i < buffered.length; i += 1) {
    if (buffered.start(i) <= currentTime + 0.1 && currentTime < buffered.end(i)) {
      return buffered.end(i) - currentTime;
    }
  }
  return 0;
}

/** Where the buffer goes on after a hole just ahead of the playhead, or null. */
export function behindHole({ buffered, currentTime }, widestS) {
  for (let i = 0; i < buffered.length; i += 1) {
    const start = buffered.start(i);
    if (start > currentTime && start - currentTime < widestS && buffered.end(i) - start > 0.1) {
      return start;
    }
  }
  return null;
}
