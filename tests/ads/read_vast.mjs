// What a player's library (@dailymotion/vast-client) makes of the VAST on standard input, as JSON.
import { readFileSync } from "node:fs";
import vastClient from "@dailymotion/vast-client";
import { DOMParser } from "@xmldom/xmldom";

const { VASTParser } = vastClient;
const xml = new DOMParser().parseFromString(readFileSync(0, "utf8"), "text/xml");
const { version, ads } = await new VASTParser().parseVAST(xml, {});
const facts = ads.map(({ id, system, title, advertiser, impressionURLTemplates, viewableImpression, creatives }) => {
  const [linear] = creatives;
  return {
    id,
    system: system.value,
    title,
    advertiser: advertiser?.value ?? advertiser,
    impressions: impressionURLTemplates.map(({ url }) => url),
    viewable: viewableImpression[0]?.viewable,
    duration: linear.duration,
    skipDelay: linear.skipDelay,
    files: linear.mediaFiles.map(({ deliveryType, mimeType, fileURL, width, height }) => {
      return { deliveryType, mimeType, fileURL, width, height };
    }),
    tracked: Object.keys(linear.trackingEvents).sort(),
    through: linear.videoClickThroughURLTemplate?.url,
  };
});
process.stdout.write(JSON.stringify({ version, ads: facts }));
