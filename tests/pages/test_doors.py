"""Who gets in where: every address of the house, by role and method."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from accounts.models import Channel, SiteSettings, User
from tests.pages.doors import WHO, ads, chat, entrance, house, money, own, playing, spaces, studio, watching
from tests.pages.doors.world import People, World, ask, people, world

__all__ = ["people", "world"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house", "sandbox")]

TABLES = {
    "watching": watching.DOORS,
    "own": own.DOORS,
    "studio": studio.DOORS,
    "playing": playing.DOORS,
    "entrance": entrance.DOORS,
    # By far the most: each of its two parts stays well within a test's time.
    "house": [door for door in house.DOORS if not door.path.startswith(house.OF_MONEY)],
    "house-money": [door for door in house.DOORS if door.path.startswith(house.OF_MONEY)],
    "chat": chat.DOORS,
    "money": money.DOORS,
    "ads": ads.DOORS,
    "spaces": spaces.DOORS,
}
DOORS = [door for table in TABLES.values() for door in table]
# What stands for names in paths while nobody asks.
NAMES = dict.fromkeys(
    (
        "live",
        "past",
        "followed",
        "rehearsed",
        "hidden",
        "event",
        "sold",
        "payment",
        "top_up",
        "space",
        "shut_space",
    ),
    "00000000-0000-0000-0000-000000000000",
) | dict.fromkeys(
    (
        "token",
        "bobs_follow",
        "bobs_block",
        "role",
        "others_role",
        "room",
        "side_room",
        "shut_room",
        "emote",
        "word",
        "bobs_card",
        "bobs_contract",
        "payout",
        "others_payout",
        "bobs_month",
        "tip_overlay",
        "tip",
        "overlay",
        "tier",
        "campaign",
        "line",
        "creative",
        "alice_id",
    ),
    "0",
)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("area", TABLES)
def test_doors_open_for_whom_they_should(people: People, world: World, area: str, who: str) -> None:
    found, wanted = {}, {}
    for door in [one for one in TABLES[area] if who in one.asked]:
        path, body, nth = door.path_in(world), door.body_in(world), WHO.index(who)
        found[door.path] = ask(people[who], "GET", path), ask(people[who], "POST", path, body)
        wanted[door.path] = door.get[nth], door.post[nth]

    assert found == wanted


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """Every pattern of the house, written as `resolve` answers it."""
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from routes(pattern, route)


def test_every_address_has_its_row() -> None:
    described = {resolve(door.path_in(NAMES).partition("?")[0]).route for door in DOORS}

    assert {*routes(get_resolver())} - described == set()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_open_nothing(people: People, world: World, method: str) -> None:
    ours = [door for door in DOORS if not door.path.startswith(("/admin/", "/accounts/"))]
    found = {door.path: ask(people["owner"], method, door.path_in(world)) for door in ours}

    assert {path: answer for path, answer in found.items() if answer != 405} == {}


def test_staff_without_rights_gets_at_no_rows(people: People) -> None:
    User.objects.filter(username="erin").update(is_superuser=False)
    # A row that isn't there, and a list of one row, lead on whoever asks.
    models = [model for model in admin.site._registry if model is not SiteSettings]
    paths = [path for model in models for path in house.pages_of(model) if "/0/" not in path]

    found = {(method, path): ask(people["admin"], method, path) for path in paths for method in ("GET", "POST")}

    assert {asked: answer for asked, answer in found.items() if answer != 403} == {}


def test_a_suspended_channel_keeps_its_crew(people: People) -> None:
    Channel.objects.update(is_suspended=True)

    assert ask(people["user"], "GET", "/@alice") == 404
    assert ask(people["owner"], "GET", "/studio/alice/") == 200
    assert ask(people["owner"], "GET", "/@alice") == 200


def test_a_form_without_its_token_is_refused(people: People, world: World) -> None:
    """Every address that takes something, but ingest's and the card gateway's, which have secrets of their own."""
    owner = people["owner"]
    owner.handler.enforce_csrf_checks = True
    takers = [door for door in DOORS if {*door.post} != {405} and not door.path.startswith(("/ingest/", "/money/hook"))]

    found = {door.path: ask(owner, "POST", door.path_in(world), door.body_in(world)) for door in takers}

    assert {path: answer for path, answer in found.items() if answer != 403} == {}
