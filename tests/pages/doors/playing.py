"""What players and ingest ask."""

from tests.pages.doors import ON, Answers, Door, each, each_gets, takes

EVERYBODY, NOBODY = each_gets(200), each_gets(404)
CREW_AND_HOUSE = each(404, 404, 404, 200, 200, 200, 200)
# Bob, the user, follows alice.
LET_IN = each(404, 200, 404, 200, 200, 200, 200)
OWN = (401, *(200,) * 6)


def recording(name: str, playlist: Answers) -> list[Door]:
    """All that there is to play of a broadcast's recording."""
    parts = ("master.m3u8", "source.m3u8", "storyboard.vtt")
    return [Door(f"/api/broadcasts/{name}/recording/{part}", playlist) for part in parts]


DOORS = [
    Door("/api/broadcasts/{live}/state", EVERYBODY),
    Door("/api/broadcasts/{followed}/state", EVERYBODY),
    Door("/api/broadcasts/{rehearsed}/state", NOBODY),
    Door("/api/broadcasts/{hidden}/state", NOBODY),
    Door("/api/broadcasts/{live}/state/own", OWN),
    Door("/api/broadcasts/{rehearsed}/state/own", each(401, 404, 404, 200, 200, 200, 200)),
    Door("/api/broadcasts/{hidden}/state/own", each(401, 404, 404, 404, 404, 200, 200)),
    Door("/api/channels/alice/state", EVERYBODY),
    Door("/api/places/nowhere/state", EVERYBODY),
    Door("/api/places/nowhere/state/own", OWN),
    Door("/api/channels/shut/state", NOBODY),
    Door("/api/channels/alice/state/own", OWN),
    Door("/api/channels/shut/state/own", each(401, 404, 404, 404, 404, 200, 200)),
    Door("/api/channels/alice/playlist/1-forged/master.m3u8", each_gets(403)),
    Door("/api/channels/alice/playlist/{token}/master.m3u8", each_gets(ON)),
    Door("/api/broadcasts/{past}/recording", EVERYBODY),
    Door("/api/broadcasts/{followed}/recording", EVERYBODY),
    Door("/api/broadcasts/{rehearsed}/recording", CREW_AND_HOUSE),
    Door("/api/broadcasts/{hidden}/recording", each(404, 404, 404, 404, 404, 200, 200)),
    *recording("{past}", EVERYBODY),
    *recording("{followed}", LET_IN),
    *recording("{rehearsed}", CREW_AND_HOUSE),
    # Only ingest's relay has the secret.
    takes("/ingest/hooks/publish", each_gets(403)),
    takes("/ingest/hooks/play", each_gets(403)),
    takes("/ingest/hooks/update", each_gets(403)),
    takes("/ingest/hooks/publish_done", each_gets(403)),
]
