"""The chat: lines are for whoever may read the room, what moderators look up for those who keep order."""

from tests.pages.doors import LOGIN, NOT_SO, ON, Door, each, each_gets, for_editors, for_owner, once_inside, takes

NOT_THERE = once_inside(404)
ORDER = each(LOGIN, 404, 404, 200, 200, 200, 200)
ROOM = {"read_by": "everyone", "read_follow_min": "0", "write_by": "everyone", "write_follow_min": "0"}


NEW = {"room-name": "Annex"} | {f"room-{name}": value for name, value in ROOM.items()}

DOORS = [
    Door("/chat/rooms/{room}/lines", each_gets(200)),
    Door("/chat/rooms/{room}/lines?after=1", each_gets(200)),
    Door("/chat/rooms/0/lines", each_gets(404)),
    Door("/chat/rooms/{shut_room}/lines", each(404, 404, 404, 404, 404, 200, 200)),
    Door("/chat/rooms/{side_room}/lines", each(403, 403, 200, 200, 200, 200, 200)),
    Door("/chat/rooms/{room}/card?user=bob", ORDER),
    Door("/chat/rooms/{room}/card?user=nobody", NOT_THERE),
    Door("/chat/rooms/{room}/log", ORDER),
    Door("/chat/rooms/{room}/held", ORDER),
    Door("/chat/rooms/0/log", NOT_THERE),
    # Whoever has the key: nobody is asked who they are.
    Door("/chat/overlays/{overlay}", each_gets(200)),
    Door("/chat/overlays/{overlay}/lines", each_gets(200)),
    Door("/chat/overlays/{overlay}x", each_gets(404)),
    Door("/chat/overlays/{overlay}x/lines", each_gets(404)),
    Door("/chat/broadcasts/{past}/lines", each_gets(200)),
    Door("/chat/broadcasts/{past}/lines?at=1", each_gets(200)),
    # Bob, the user, follows alice.
    Door("/chat/broadcasts/{followed}/lines", each(404, 200, 404, 200, 200, 200, 200)),
    Door("/chat/broadcasts/{rehearsed}/lines", each(404, 404, 404, 200, 200, 200, 200)),
    Door("/chat/broadcasts/{hidden}/lines", each(404, 404, 404, 404, 404, 200, 200)),
    Door("/chat/broadcasts/{live}/lines", each_gets(404)),
    Door("/@alice/chat", each_gets(200)),
    Door("/@shut/chat", each(404, 404, 404, 404, 404, 200, 200)),
    takes("/studio/alice/chat/rooms/{room}/overlay", for_editors(ON)),
    takes("/studio/alice/chat/rooms/{shut_room}/overlay", NOT_THERE),
    takes("/studio/alice/chat/rooms/{room}/overlay/readers", for_owner(ON), closed="on"),
    takes("/studio/alice/chat/rooms/{shut_room}/overlay/readers", NOT_THERE, closed="on"),
    Door("/studio/alice/chat", for_editors(200)),
    takes("/studio/alice/chat/rooms", for_editors(ON), **NEW),
    Door("/studio/alice/chat/rooms/{side_room}", NOT_SO, for_editors(422)),
    takes("/studio/alice/chat/rooms/{shut_room}", NOT_THERE),
    takes("/studio/alice/chat/rooms/{side_room}/close", for_editors(ON)),
    takes("/studio/alice/chat/rooms/{shut_room}/close", NOT_THERE),
    takes("/studio/alice/chat/emotes", for_editors(422)),
    takes("/studio/alice/chat/emotes/{emote}/remove", for_editors(ON)),
    takes("/studio/shut/chat/emotes/{emote}/remove", NOT_THERE),
    takes("/studio/alice/chat/raids", for_editors(ON), **{"raid-raids_from": "everyone"}),
    takes("/studio/alice/raid", for_editors(ON), target="others"),
    takes("/studio/alice/raid/cancel", for_editors(ON)),
    takes("/studio/nothing/raid", NOT_THERE, target="others"),
    takes("/studio/alice/chat/words", for_editors(ON), **{"word-text": "foo"}),
    takes("/studio/alice/chat/words/{word}/remove", for_editors(ON)),
    takes("/studio/shut/chat/words/{word}/remove", NOT_THERE),
]
