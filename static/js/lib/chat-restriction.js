/** What keeps somebody from writing now, as far as the page can tell: the server has the last word. */

/** Null, or {code, until} with the time in milliseconds when it may be over, and what its text needs. */
export function restrictionOf(modes, me, now = Date.now()) {
  if (!me) {
    return null;
  }
  if (me.is_blocked) {
    return { code: "blocked" };
  }
  if (me.sanction?.kind === "timeout" && Date.parse(me.sanction.until) > now) {
    return { code: "timed_out", until: Date.parse(me.sanction.until), reason: me.sanction.reason };
  }
  return audienceOf(modes, me, now);
}

function audienceOf(modes, me, now) {
  if (me.is_moderator) {
    return null;
  }
  if (modes.write_by === "moderators") {
    return { code: "moderators_only" };
  }
  if (me.is_exempt) {
    return null;
  }
  const isRoomTheirs = modes.write_by === "subscribers";
  if ((isRoomTheirs || subscribersOnly(modes, now)) && !me.is_subscriber) {
    return { code: "subscribers_only", until: modes.subscribers_only_until && Date.parse(modes.subscribers_only_until) };
  }
  if (isRoomTheirs && !me.has_rooms) {
    return { code: "tier_without_rooms" };
  }
  const needed = [modes.followers_only_min, modes.write_by === "followers" ? modes.write_follow_min : null];
  const minutes = needed.filter((one) => one !== null);
  return minutes.length > 0 ? followOf(Math.max(...minutes), me, now) : null;
}

function followOf(minutes, me, now) {
  if (!me.followed_at) {
    return { code: "followers_only" };
  }
  const until = Date.parse(me.followed_at) + minutes * 60000;
  return until > now ? { code: "followed_too_shortly", until, minutes } : null;
}

/** Whether the room is the subscribers' now. */
export function subscribersOnly(modes, now = Date.now()) {
  return Boolean(modes.subscribers_only) && !(Date.parse(modes.subscribers_only_until) <= now);
}
