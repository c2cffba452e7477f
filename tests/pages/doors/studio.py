"""The studio: owner and editors run a channel, moderators look on, the key and the crew are the owner's."""

from tests.pages.doors import LOGIN, ON, Door, each, for_crew, for_editors, for_owner, once_inside, takes

NOT_THERE = once_inside(404)
SAYS = {"title": "New", "tags": "", "language": ""}
TIER = {"new-name": "Pals", "new-amount": "1", "new-currency": "eur"}
EVENT = SAYS | {"starts_at": "{tomorrow}", "duration_min": "60", "about": ""}

DOORS = [
    Door("/studio/", once_inside(200)),
    Door("/studio/new", once_inside(200), once_inside(ON), {"name": "barn"}),
    Door("/studio/alice/", for_crew(200)),
    Door("/studio/shut/", for_owner(200)),
    Door("/studio/nothing/", NOT_THERE),
    Door("/studio/alice/status", for_crew(200)),
    takes("/studio/alice/key", for_owner(200)),
    takes("/studio/alice/reset-key", for_owner(ON)),
    takes("/studio/alice/end", for_editors(ON)),
    Door("/studio/alice/edit", for_editors(200), for_editors(ON), {"title": "New", "description": "", "sponsor": ""}),
    Door("/studio/alice/crew", for_owner(200), for_owner(ON), {"username": "bob", "role": "vip"}),
    takes("/studio/alice/crew/{role}/dismiss", for_owner(ON)),
    takes("/studio/alice/crew/{others_role}/dismiss", NOT_THERE),
    takes("/studio/alice/resign", each(LOGIN, 404, ON, ON, ON, 404, 404)),
    takes("/studio/alice/details", for_editors(ON), **SAYS),
    takes("/studio/alice/visibility", for_editors(ON), visibility="followers"),
    takes("/studio/alice/go-public", for_editors(ON)),
    Door("/studio/alice/rates", for_editors(200)),
    Door("/studio/alice/plots", for_editors(200)),
    Door("/studio/alice/broadcasts", for_editors(200)),
    Door("/studio/alice/broadcasts/{past}", for_editors(200)),
    Door("/studio/shut/broadcasts/{past}", NOT_THERE),
    takes("/studio/alice/broadcasts/{past}/visibility", for_editors(ON), visibility="followers"),
    takes("/studio/shut/broadcasts/{past}/visibility", NOT_THERE, visibility="followers"),
    Door("/studio/alice/broadcasts/{past}/plots", for_editors(200)),
    Door("/studio/alice/schedule", for_editors(200), for_editors(ON), EVENT),
    Door("/studio/alice/schedule/{event}", for_editors(200), for_editors(ON), EVENT),
    Door("/studio/shut/schedule/{event}", NOT_THERE, NOT_THERE, EVENT),
    takes("/studio/alice/schedule/{event}/cancel", for_editors(ON)),
    Door("/studio/alice/subscriptions", for_owner(200)),
    takes("/studio/alice/subscriptions/tiers", for_owner(ON), **TIER),
    takes("/studio/alice/subscriptions/tiers/{tier}", for_owner(422)),
    takes("/studio/shut/subscriptions/tiers/{tier}", NOT_THERE),
    takes("/studio/alice/subscriptions/tiers/{tier}/close", for_owner(ON)),
    takes("/studio/shut/subscriptions/tiers/{tier}/close", NOT_THERE),
    takes("/studio/alice/subscriptions/tiers/{tier}/reopen", for_owner(ON)),
    takes("/studio/alice/subscriptions/tiers/{tier}/prices", for_owner(422)),
    takes("/studio/shut/subscriptions/tiers/{tier}/prices", NOT_THERE),
    takes("/studio/alice/subscriptions/tiers/{tier}/prices/FR/drop", for_owner(ON)),
    Door("/studio/alice/earnings", for_owner(200)),
    takes("/studio/alice/earnings/country", for_owner(ON), country="MA"),
    takes("/studio/alice/earnings/bank", for_owner(ON), holder="Alice", number="12345678"),
    Door("/studio/alice/earnings/plots/eur", for_owner(200)),
    Door("/studio/alice/earnings/2026.csv", for_owner(200)),
    Door("/studio/alice/earnings/0.csv", NOT_THERE),
    Door("/studio/alice/recordings", for_editors(200)),
    Door("/studio/alice/recordings/list", for_editors(200)),
    takes("/studio/alice/recordings/policy", for_editors(ON), is_on="on"),
]
