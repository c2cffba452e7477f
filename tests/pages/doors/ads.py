"""Ads: anybody may be offered one; Bob, the user, advertises, and nobody else sees his campaigns."""

from tests.pages.doors import LOGIN, ON, Door, each_gets, for_editors, once_inside, takes

BOBS, BOBS_PAGE, BOBS_WRONG = (LOGIN, ON, *(404,) * 5), (LOGIN, 200, *(404,) * 5), (LOGIN, 422, *(404,) * 5)
# Those who review see what waits.
REVIEWED = (LOGIN, 200, *(404,) * 4, 200)
CHOICE = {"chat_every_min": "10", "break_every_min": "0", "break_s": "60"}
NOT_THERE = once_inside(404)

DOORS = [
    takes("/ads/offer", each_gets(200)),
    takes("/ads/event", each_gets(409)),
    Door("/ads/click?t=x", each_gets(ON)),
    Door("/ads/pixel?t=x&e=imp", each_gets(204)),
    Door("/ads/vast/{alice_id}/pre.xml", each_gets(200)),
    Door("/advertise/", once_inside(200)),
    takes("/advertise/register", (LOGIN, ON, *(422,) * 5)),
    takes("/advertise/campaigns", BOBS_WRONG),
    takes("/advertise/top-up", BOBS_WRONG),
    Door("/advertise/top-ups/{top_up}", BOBS_PAGE),
    takes("/advertise/top-ups/{top_up}/look", BOBS),
    takes("/advertise/refund", BOBS),
    Door("/advertise/creatives/{creative}", REVIEWED),
    Door("/advertise/{campaign}", BOBS_PAGE),
    takes("/advertise/{campaign}/submit", BOBS),
    takes("/advertise/{campaign}/pause", BOBS),
    takes("/advertise/{campaign}/go-on", BOBS),
    takes("/advertise/{campaign}/lines", BOBS_WRONG),
    Door("/advertise/{campaign}/lines/{line}", BOBS_PAGE, BOBS_WRONG),
    takes("/advertise/{campaign}/lines/{line}/switch", BOBS),
    takes("/advertise/{campaign}/videos", BOBS_WRONG),
    takes("/advertise/{campaign}/cards", BOBS_WRONG),
    takes("/advertise/{campaign}/creatives/{creative}/remove", BOBS),
    Door("/advertise/{campaign}/progress", BOBS_PAGE),
    Door("/advertise/{campaign}/plots", BOBS_PAGE),
    Door("/advertise/{campaign}/report.csv", BOBS_PAGE),
    Door("/studio/alice/ads", for_editors(200)),
    Door("/studio/nothing/ads", NOT_THERE),
    takes("/studio/alice/ads/settings", for_editors(ON), **CHOICE),
    takes("/studio/alice/ads/break", for_editors(ON), seconds="30"),
    takes("/studio/alice/ads/snooze", for_editors(ON)),
]
