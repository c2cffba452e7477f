/**
 * Fetch what playing begins with all at once. hls.js asks for the init section and for one part after the other, each
 * a round trip; asked for together beforehand, they come out of the browser's cache.
 *
 * @param details hls.js's LevelDetails of the first playlist
 * @param {(url: string) => string} rewrite gives a URL the newest token
 */
export function warmUp({ partList, fragments, edge, partHoldBack }, rewrite) {
  if (!partList?.length) {
    return;
  }
  const from = partList.findLastIndex((part) => part.independent && part.start <= edge - partHoldBack);
  const init = fragments.at(-1)?.initSegment;
  const urls = [init?.url, ...partList.slice(Math.max(from, 0)).map((part) => part.url)];
  for (const url of urls.filter(Boolean)) {
    // Whether it comes or not: hls.js asks again.
    fetch(rewrite(url)).then((response) => response.arrayBuffer(), () => {});
  }
}
