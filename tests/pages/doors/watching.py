"""Pages that anybody may open, and where what is shown there has a gate."""

from tests.pages.doors import NOT_SO, ON, Door, each, each_gets, for_editors, once_inside, takes

EVERYBODY = each_gets(200)
NOBODY = each_gets(404)
CREW_AND_HOUSE = each(404, 404, 404, 200, 200, 200, 200)
NOT_THERE = once_inside(404)

DOORS = [
    Door("/", EVERYBODY),
    Door("/upcoming", EVERYBODY),
    Door("/categories", EVERYBODY),
    Door("/categories/jazz", EVERYBODY),
    Door("/categories/none", NOBODY),
    Door("/tags/jazz", EVERYBODY),
    Door("/search", EVERYBODY),
    Door("/search?q=sunrise", EVERYBODY),
    Door("/@alice", EVERYBODY),
    Door("/@nobody", NOBODY),
    Door("/@shut", each(404, 404, 404, 404, 404, 200, 200)),
    Door("/@alice/{live}", EVERYBODY),
    Door("/@alice/{past}", EVERYBODY),
    # A gate says who it keeps out; a rehearsal isn't there at all.
    Door("/@alice/{followed}", EVERYBODY),
    Door("/@alice/{rehearsed}", CREW_AND_HOUSE),
    Door("/@shut/{hidden}", each(404, 404, 404, 404, 404, 200, 200)),
    Door("/@shut/{past}", NOBODY),
    Door("/@alice/replays", EVERYBODY),
    Door("/@shut/replays", each(404, 404, 404, 404, 404, 200, 200)),
    Door("/@alice/past", EVERYBODY),
    Door("/@shut/past", each(404, 404, 404, 404, 404, 200, 200)),
    Door("/@alice/schedule", EVERYBODY),
    Door("/@alice/schedule.ics", EVERYBODY),
    Door("/@alice/schedule/{event}", EVERYBODY),
    Door("/@alice/schedule/{event}.ics", EVERYBODY),
    Door("/@shut/schedule/{event}", NOBODY),
    Door("/@shut/schedule.ics", each(404, 404, 404, 404, 404, 200, 200)),
    takes("/@alice/follow", once_inside(ON)),
    takes("/@nobody/follow", NOT_THERE),
    takes("/@shut/follow", NOT_THERE),
    takes("/@alice/{past}/delete", for_editors(ON)),
    takes("/@alice/{past}/keep", for_editors(ON), days="30"),
    takes("/@shut/{past}/keep", NOT_THERE, days="30"),
    # This channel lets nobody but its editors have the file.
    takes("/@alice/{past}/download", for_editors(ON)),
    Door("/users/alice", EVERYBODY),
    Door("/users/nobody", NOBODY),
    takes("/users/alice/block", once_inside(ON), block="1"),
    takes("/users/nobody/block", NOT_THERE, block="1"),
    Door("/terms", EVERYBODY),
    Door("/privacy", EVERYBODY),
    Door("/imprint", EVERYBODY),
    takes("/language", each_gets(ON), language="en"),
]

assert all(door.get == NOT_SO or door.post == NOT_SO for door in DOORS)
