"""Who may have what of a broadcast, before and after each change of who may see it.

To extend the table: a kind of file is a line in FILES while it is on air and in KEPT afterwards, a visibility one in
OPEN_TO.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from tests.e2e.conftest import Eventually, StartEncoder
from tests.stack import Channel, RunningStack

Table = dict[str, Callable[[str, Callable[[str], str]], str]]

DIES_WITHIN_S, GOES_ON_WITHIN_S = 5, 15
_PREPARE = """
import json
from django.test import Client
from accounts.models import Channel, ChannelRole, Follow, User
from streaming.describing import choose_visibility
channel = Channel.objects.get(name={channel!r})
made = {{}}
for who in ("stranger", "follower", "crew", "owner"):
    user = User.objects.create(username=who + {suffix!r})
    client = Client()
    client.force_login(user)
    made[who] = client.cookies["sessionid"].value
    if who == "follower":
        Follow.objects.create(channel=channel, user=user)
    if who == "crew":
        ChannelRole.objects.create(channel=channel, user=user, role="moderator")
    if who == "owner":
        Channel.objects.filter(pk=channel.pk).update(owner=user)
        choose_visibility(channel=channel, visibility="rehearsal", by=user)
print(json.dumps(made))
"""

# Who finds an address on the channel's page; those who know the broadcast's own address see unlisted ones too.
OPEN_TO = {
    "rehearsal": {"crew"},
    "public": {"stranger", "follower", "crew"},
    "followers": {"follower", "crew"},
    "unlisted": {"crew"},
}
CHANGES = ["public", "followers"]
EVERY_CHANGE = ["public", "followers", "public", "unlisted", "rehearsal", "public"]


def _master(master: str, read: Callable[[str], str]) -> str:
    return master


def _media_playlist(master: str, read: Callable[[str], str]) -> str:
    return urljoin(master, "source/media.m3u8")


def _part(master: str, read: Callable[[str], str]) -> str:
    parts = [line for line in read(_media_playlist(master, read)).splitlines() if line.startswith("#EXT-X-PART:")]
    return urljoin(master, "source/" + parts[-1].partition('URI="')[2].partition('"')[0])


def _thumbnail(master: str, read: Callable[[str], str]) -> str:
    return urljoin(master, "thumbnail.jpg")


FILES: Table = {"master": _master, "playlist": _media_playlist, "part": _part, "thumbnail": _thumbnail}


def _rendition(master: str, read: Callable[[str], str]) -> str:
    return urljoin(master, "source.m3u8")


def _media(master: str, read: Callable[[str], str]) -> str:
    lines = read(_rendition(master, read)).splitlines()
    return next(line for line in lines if line.startswith("/recordings/"))


def _storyboard(master: str, read: Callable[[str], str]) -> str:
    return urljoin(master, "storyboard.vtt")


def _sheet(master: str, read: Callable[[str], str]) -> str:
    lines = read(_storyboard(master, read)).splitlines()
    return next(line for line in lines if line.startswith("/recordings/")).partition("#")[0]


# What there is of a broadcast that is over. Playlists are written for each who asks, files have signed addresses.
KEPT: Table = {
    "playlist": _master,
    "rendition": _rendition,
    "media": _media,
    "storyboard": _storyboard,
    "sheet": _sheet,
}
SIGNED = ("media", "sheet")


class People:
    """Four people with a browser each, and one without."""

    def __init__(self, stack: RunningStack, channel: Channel) -> None:
        script = _PREPARE.format(channel=channel.channel, suffix=secrets.token_hex(4))
        sessions = json.loads(stack.manage("shell", "--verbosity", "0", "--command", script).splitlines()[-1])
        self.channel = channel.channel
        self.clients = {
            who: httpx.Client(base_url=stack.url, cookies={"sessionid": key}, timeout=15)
            for who, key in sessions.items()
        }
        self.nobody = httpx.Client(base_url=stack.url, timeout=15)

    def address(self, who: str, path: str = "") -> str | None:
        """The playlist that somebody is given on the channel's page, or at another state's path."""
        path = path or f"/api/channels/{self.channel}/state"
        own = "/own" if who in self.clients else ""
        answer = self.clients.get(who, self.nobody).get(path + own)
        if answer.status_code == 404:
            return None
        told = answer.json()
        broadcast = told if isinstance(told["broadcast"], str) else told["broadcast"]
        return broadcast["playlist_url"] if broadcast else None

    def are_given(self, allowed: set[str], master: str) -> bool:
        """Whether these people and no others are given an address, and that of the present path."""
        given = {who: self.address(who) for who in ("stranger", "follower", "crew", "nobody")}
        path = master.split("/")[3]
        return {who for who, address in given.items() if address and path in address} == allowed

    def files(self, who: str, master: str, table: Table = FILES) -> dict[str, str]:
        """Everything in the table, by address."""
        client = self.clients.get(who, self.nobody)
        return {name: find(master, lambda path: client.get(path).text) for name, find in table.items()}

    def recording(self, who: str, broadcast: str) -> dict[str, Any]:
        """What somebody is told of a broadcast's recording; nothing when there is no such thing for them."""
        answer = self.clients.get(who, self.nobody).get(f"/api/broadcasts/{broadcast}/recording")
        told: dict[str, Any] = answer.json()
        return told if answer.status_code == 200 else {}

    def rewinds(self, who: str) -> str | None:
        """The address by which somebody goes back in the broadcast on air."""
        state = self.clients["crew"].get(f"/api/channels/{self.channel}/state/own").json()
        address: str | None = self.recording(who, state["broadcast"]["broadcast"]).get("playlist_url")
        return address

    def statuses(self, who: str, files: dict[str, str]) -> dict[str, int]:
        client = self.clients.get(who, self.nobody)
        return {name: client.get(path).status_code for name, path in files.items()}

    def have(self, who: str, files: dict[str, str]) -> bool:
        """Whether somebody gets every one of these files."""
        return set(self.statuses(who, files).values()) == {200}

    def have_none(self, who: str, files: dict[str, str]) -> bool:
        return 200 not in self.statuses(who, files).values()

    def show_as(self, visibility: str, past: str = "") -> None:
        """The owner's own form, for what is on air or for a broadcast that is over."""
        self.post(f"broadcasts/{past}/visibility" if past else "visibility", visibility=visibility)

    def post(self, form: str, **data: str) -> None:
        owner = self.clients["owner"]
        owner.get(f"/studio/{self.channel}/").raise_for_status()
        headers = {"X-CSRFToken": owner.cookies["csrftoken"]}
        assert owner.post(f"/studio/{self.channel}/{form}", data=data, headers=headers).status_code == 302

    def close(self) -> None:
        for client in (*self.clients.values(), self.nobody):
            client.close()


@pytest.fixture
def people(stack: RunningStack) -> Iterator[People]:
    people = People(stack, stack.channel())
    yield people
    people.close()


@pytest.mark.slow_ok
@pytest.mark.parametrize("changes", [CHANGES, pytest.param(EVERY_CHANGE, marks=pytest.mark.soak)], ids=["few", "every"])
def test_who_may_have_what(
    stack: RunningStack, people: People, encoder: StartEncoder, eventually: Eventually, changes: list[str]
) -> None:
    running = encoder(stack.channel(people.channel))
    visibility = "rehearsal"
    old: dict[str, str] = {}
    for following in (*changes, None):
        master = eventually(lambda: people.address("crew"), within=GOES_ON_WITHIN_S)
        files = people.files("crew", master)
        eventually(partial(people.have, "crew", files), within=25)
        if visibility != "rehearsal":
            # Only what others see is recorded, and may be rewound.
            files["rewound"] = eventually(partial(people.rewinds, "crew"), within=5)
            eventually(partial(people.have, "crew", files), within=10)
        assert not set(files.values()) & set(old.values())

        allowed = OPEN_TO[visibility] | ({"nobody"} if "stranger" in OPEN_TO[visibility] else set())
        # The edge keeps what it tells everybody for a second, and asks anew behind the first who comes after.
        eventually(partial(people.are_given, allowed, files["master"]), within=4)
        for who in allowed - {"nobody"}:
            address = people.address(who)
            assert address is not None
            mine = people.files(who, address)
            assert people.have(who, mine), (visibility, who)
        # Who knows the address of an unlisted one rewinds it too.
        for who in ("stranger", "follower", "crew"):
            may = visibility == "unlisted" or who in allowed
            assert bool(people.rewinds(who)) == (may and visibility != "rehearsal"), (visibility, who)
        _check_old_tokens(people, files, old)

        if following is not None:
            old = files
            people.show_as(following)
            visibility = following
            eventually(partial(people.have_none, "stranger", old), within=DIES_WITHIN_S)
    assert running.is_running, "it was one session all along"


def _check_old_tokens(people: People, files: dict[str, str], old: dict[str, str]) -> None:
    """A token of the path before opens neither that path nor the new one."""
    if not old:
        return
    assert people.have_none("stranger", old)
    token = old["master"].split("/")[2]
    for name, path in files.items():
        forged = path.replace(path.split("/")[2], token)
        assert people.nobody.get(forged).status_code == 403, name


PAST_FEW = ("public", "followers", "rehearsal")
PAST_ALL = ("public", "followers", "public", "unlisted", "rehearsal", "public")
PAST_OPEN_TO = OPEN_TO | {"unlisted": {"stranger", "follower", "crew"}}


@pytest.mark.slow_ok
@pytest.mark.parametrize("then", [PAST_FEW, pytest.param(PAST_ALL, marks=pytest.mark.soak)], ids=["few", "every"])
def test_who_may_have_what_afterwards(
    stack: RunningStack, people: People, encoder: StartEncoder, eventually: Eventually, then: tuple[str, ...]
) -> None:
    people.show_as("public")
    encoder(stack.channel(people.channel))
    eventually(partial(people.address, "crew"), within=GOES_ON_WITHIN_S)
    broadcast = people.clients["crew"].get(f"/api/channels/{people.channel}/state/own").json()["broadcast"]["broadcast"]
    live = {"rewound": eventually(partial(people.rewinds, "stranger"), within=5)}
    eventually(partial(people.have, "stranger", live), within=10)
    people.post("end")
    old: dict[str, str] = {}
    for visibility in then:
        people.show_as(visibility, past=broadcast)
        eventually(lambda: people.recording("crew", broadcast).get("storyboard_url"), within=30)
        master = people.recording("crew", broadcast)["playlist_url"]
        for who in ("stranger", "follower", "crew", "nobody"):
            if (who if who != "nobody" else "stranger") in PAST_OPEN_TO[visibility]:
                assert people.have(who, people.files(who, master, KEPT)), (visibility, who)
            else:
                kept = people.files("crew", master, KEPT)
                assert people.have_none(who, {name: kept[name] for name in KEPT if name not in SIGNED})
        eventually(partial(people.have_none, "crew", old), within=DIES_WITHIN_S)
        signed = {name: path for name, path in people.files("crew", master, KEPT).items() if name in SIGNED}
        old = signed if old else signed | live


def test_an_unlisted_broadcast_plays_for_whoever_has_its_address(
    stack: RunningStack, people: People, encoder: StartEncoder, eventually: Eventually
) -> None:
    people.show_as("unlisted")
    encoder(stack.channel(people.channel))
    eventually(lambda: people.address("crew"), within=GOES_ON_WITHIN_S)
    state = people.clients["crew"].get(f"/api/channels/{people.channel}/state/own").json()
    path = f"/api/broadcasts/{state['broadcast']['broadcast']}/state"

    assert people.address("nobody") is None
    address = people.address("nobody", path)
    assert address is not None
    assert people.nobody.get(address).status_code == 200
    assert people.channel not in people.nobody.get("/").text.partition("Off the air")[0]
