"""Spaces: the page of one is anybody's but those whom its host keeps away, and only its host changes it."""

from tests.pages.doors import LOGIN, ON, Door, each, each_gets, once_inside, takes

# Alice, the owner, hosts; frank is an editor and opens Spaces in the channel's name too.
FOR_HOST = each(LOGIN, 404, 404, 404, 404, ON, 404)

DOORS = [
    Door("/spaces/", each_gets(200)),
    Door("/spaces/?topic=jazz", each_gets(200)),
    Door("/spaces/new", once_inside(200), once_inside(422), {"title": ""}),
    Door("/spaces/{space}", each_gets(200)),
    Door("/spaces/{shut_space}", each(404, 404, 404, 404, 404, 200, 200)),
    Door("/spaces/{space}.ics", each_gets(200)),
    Door("/spaces/{space}/card.png", each_gets(200)),
    Door("/spaces/{shut_space}/card.png", each(404, 404, 404, 404, 404, 200, 200)),
    Door("/spaces/{shut_space}.ics", each(404, 404, 404, 404, 404, 200, 200)),
    Door(
        "/spaces/{space}/edit",
        each(LOGIN, 404, 404, 404, 404, 200, 404),
        each(LOGIN, 404, 404, 404, 404, 422, 404),
        {"title": ""},
    ),
    takes("/spaces/{space}/remind", once_inside(ON)),
    takes("/spaces/{shut_space}/remind", each(LOGIN, 404, 404, 404, 404, ON, ON)),
    takes("/spaces/{space}/open", FOR_HOST),
    takes("/spaces/{space}/cancel", FOR_HOST),
]
