"""Who gets in where: every address of accounts and channels, by role and method."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from accounts.actions import appoint, block
from accounts.following import follow
from accounts.models import Channel, ChannelRole, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

WHO = ("stranger", "user", "vip", "moderator", "editor", "owner", "admin")
LOGIN = "login"
# What each of WHO is answered. A redirect to the log-in page is `login`, any other is `on`.
EVERYBODY = (200,) * 7
MEMBERS = (LOGIN, *(200,) * 6)
MEMBERS_ON = (LOGIN, *("on",) * 6)
CREW = (LOGIN, 404, 404, 200, 200, 200, 404)
EDITORS = (LOGIN, 404, 404, 404, 200, 200, 404)
EDITORS_ON = (LOGIN, 404, 404, 404, "on", "on", 404)
OWNER = (LOGIN, 404, 404, 404, 404, 200, 404)
OWNER_ON = (LOGIN, 404, 404, 404, 404, "on", 404)
NOT_SO = (405,) * 7
NOT_SO_INSIDE = (LOGIN, *(405,) * 6)

DOORS = [
    ("GET", "/", EVERYBODY),
    ("GET", "/@alice", EVERYBODY),
    ("GET", "/users/alice", EVERYBODY),
    ("GET", "/users/nobody", (404,) * 7),
    ("GET", "/terms", EVERYBODY),
    ("GET", "/privacy", EVERYBODY),
    ("GET", "/imprint", EVERYBODY),
    ("GET", "/accounts/login/", (200, *("on",) * 6)),
    ("GET", "/accounts/signup/", (200, *("on",) * 6)),
    ("GET", "/settings/", MEMBERS),
    ("GET", "/settings/notifications", MEMBERS),
    ("GET", "/settings/blocks", MEMBERS),
    ("GET", "/settings/account", MEMBERS),
    ("GET", "/accounts/email/", MEMBERS),
    ("GET", "/accounts/2fa/", MEMBERS),
    ("GET", "/legal/accept", MEMBERS),
    ("GET", "/following/", MEMBERS),
    ("GET", "/notifications/", MEMBERS),
    ("GET", "/notifications/count", MEMBERS),
    ("GET", "/report/?kind=user&id=bob", MEMBERS),
    ("GET", "/report/?kind=user&id=nobody", (LOGIN, *(404,) * 6)),
    ("GET", "/studio/", MEMBERS),
    ("GET", "/studio/new", MEMBERS),
    ("GET", "/studio/alice/", CREW),
    ("GET", "/studio/alice/status", CREW),
    ("GET", "/studio/alice/edit", EDITORS),
    ("GET", "/studio/alice/crew", OWNER),
    ("GET", "/studio/nothing/", (LOGIN, *(404,) * 6)),
    ("POST", "/studio/alice/key", OWNER),
    ("POST", "/studio/alice/end", EDITORS_ON),
    ("POST", "/studio/alice/reset-key", OWNER_ON),
    ("POST", "/studio/alice/edit", EDITORS_ON),
    ("POST", "/studio/alice/crew/0/dismiss", (LOGIN, *(404,) * 6)),
    ("POST", "/studio/alice/resign", (LOGIN, 404, "on", "on", "on", 404, 404)),
    ("POST", "/@alice/follow", MEMBERS_ON),
    ("POST", "/@nobody/follow", (LOGIN, *(404,) * 6)),
    ("POST", "/users/alice/block", MEMBERS_ON),
    ("POST", "/notifications/read", MEMBERS_ON),
    ("POST", "/following/0/change", (LOGIN, *(404,) * 6)),
    ("POST", "/following/0/leave", (LOGIN, *(404,) * 6)),
    ("POST", "/settings/blocks/0/remove", (LOGIN, *(404,) * 6)),
    ("POST", "/settings/account/export", MEMBERS),
    ("POST", "/settings/account/delete", MEMBERS),
    ("POST", "/settings/account/sessions", (LOGIN, *(LOGIN,) * 6)),
    ("GET", "/studio/alice/end", NOT_SO),
    ("GET", "/studio/alice/key", NOT_SO),
    ("GET", "/@alice/follow", NOT_SO),
    ("GET", "/settings/account/delete", NOT_SO),
    ("POST", "/studio/", NOT_SO),
    ("POST", "/notifications/", NOT_SO),
    ("GET", "/admin/accounts/user/", (LOGIN, *(403,) * 5, 200)),
    ("GET", "/admin/accounts/auditentry/", (LOGIN, *(403,) * 5, 200)),
    ("GET", "/admin/accounts/report/", (LOGIN, *(403,) * 5, 200)),
    ("GET", "/admin/accounts/auditentry/add/", (LOGIN, *(403,) * 6)),
    ("POST", "/admin/accounts/sitesettings/test-mail/", (LOGIN, *(403,) * 5, "on")),
]


@pytest.fixture
def people(
    alice_channel: Channel, alice: User, bob: User, carol: User, dave: User, erin: User, noon: datetime
) -> dict[str, User | None]:
    """One person for each role on alice's channel."""
    frank = User.objects.create(username="frank", email="frank@example.com")
    Role = ChannelRole.Role
    for user, role in ((dave, Role.VIP), (carol, Role.MODERATOR), (frank, Role.EDITOR)):
        appoint(channel=alice_channel, user=user, role=role, by=alice, now=noon)
    return dict(zip(WHO, (None, bob, dave, carol, frank, alice, erin), strict=True))


def answer(person: User | None, method: str, path: str) -> Any:
    client = Client()
    if person is not None:
        client.force_login(person)
    body = {"title": "New", "description": "", "sponsor": "", "follow": "0", "block": "0"}
    reply = client.generic(method, path) if method == "GET" else client.post(path, body)
    if reply.status_code == 302 and reply["Location"].startswith("/admin/login/"):
        reply = client.get(reply["Location"])
    if reply.status_code in (301, 302):
        return LOGIN if "/accounts/login/" in reply["Location"] else "on"
    return reply.status_code


@pytest.mark.parametrize(("method", "path", "wanted"), DOORS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_door_opens_for_whom_it_should(
    people: dict[str, User | None], method: str, path: str, wanted: tuple[Any, ...]
) -> None:
    found = {who: answer(person, method, path) for who, person in people.items()}

    assert found == dict(zip(WHO, wanted, strict=True))


def test_a_suspended_channel_keeps_its_crew(people: dict[str, User | None]) -> None:
    Channel.objects.update(is_suspended=True)

    assert answer(people["user"], "GET", "/@alice") == 404
    assert answer(people["owner"], "GET", "/studio/alice/") == 200
    assert answer(people["owner"], "GET", "/@alice") == 200


def test_what_belongs_to_others_is_not_there(people: dict[str, User | None], alice: User, bob: User) -> None:
    row = follow(channel=Channel.objects.get(), user=bob)
    kept_away = block(user=bob, other=User.objects.get(username="dave"))

    assert answer(people["moderator"], "POST", f"/following/{row.pk}/leave") == 404
    assert answer(people["moderator"], "POST", f"/settings/blocks/{kept_away.pk}/remove") == 404
    assert answer(bob, "POST", f"/following/{row.pk}/leave") == "on"


def test_a_form_without_its_token_is_refused(alice_channel: Channel, alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)

    for path in ("/studio/alice/end", "/settings/account/delete", "/@alice/follow", "/accounts/logout/"):
        assert client.post(path).status_code == 403
