"""What people have of their own: nobody else's is reached from here."""

from tests.pages.doors import LOGIN, ON, Door, each, once_inside, takes

READ, NOT_THERE = once_inside(200), once_inside(404)
# Bob is the user.
BOBS = (LOGIN, ON, *(404,) * 5)
REPORT = {"kind": "channel", "reason": "spam"}
BROADCAST = {"kind": "broadcast", "reason": "spam"}

DOORS = [
    Door("/following/", READ),
    takes("/following/{bobs_follow}/change", BOBS, notify="on"),
    takes("/following/{bobs_follow}/leave", BOBS),
    takes("/following/0/leave", NOT_THERE),
    Door("/notifications/", READ),
    Door("/notifications/count", READ),
    takes("/notifications/read", once_inside(ON)),
    Door("/report/?kind=user&id=bob", READ, NOT_THERE),
    Door("/report/?kind=user&id=nobody", NOT_THERE, NOT_THERE),
    # Nobody reports their own.
    Door("/report/?kind=channel&id=alice", READ, each(LOGIN, ON, ON, ON, ON, 200, ON), REPORT | {"id": "alice"}),
    Door("/report/?kind=channel&id=shut", NOT_THERE, NOT_THERE, REPORT | {"id": "shut"}),
    Door("/report/?kind=broadcast&id={past}", READ, each(LOGIN, ON, ON, ON, ON, 200, ON), BROADCAST | {"id": "{past}"}),
    # A rehearsal isn't there for those who may not see it.
    Door(
        "/report/?kind=broadcast&id={rehearsed}",
        each(LOGIN, 404, 404, 200, 200, 200, 200),
        each(LOGIN, 404, 404, ON, ON, 200, ON),
        BROADCAST | {"id": "{rehearsed}"},
    ),
    Door("/report/?kind=space&id={space}", READ, NOT_THERE),
    Door("/report/?kind=space_person&id={space}_0", NOT_THERE, NOT_THERE),
    Door("/report/?kind=nonsense&id=1", NOT_THERE, NOT_THERE, {"kind": "nonsense", "id": "1"}),
    Door("/settings/", READ, READ),
    Door("/settings/notifications", READ, once_inside(ON)),
    Door("/settings/blocks", READ, READ),
    takes("/settings/blocks/{bobs_block}/remove", BOBS),
    Door("/settings/account", READ),
    takes("/settings/account/sessions", once_inside(LOGIN)),
    takes("/settings/account/export", READ),
    # The page again: it wants the password.
    takes("/settings/account/delete", READ, password="wrong"),
    Door("/legal/accept", READ, once_inside(ON)),
]
