"""Whom a reader doesn't want to read: kept with the account, undone at will."""

from datetime import datetime

import pytest
from django.test import Client

from accounts.models import Channel, User
from chat.actions import hide_person, unhide_person
from chat.actions.hiding import MOST_HIDDEN
from chat.errors import OutOfBounds
from chat.forgetting import forget_messages_of, messages_of
from chat.models import HiddenPerson, Room
from tests.chat.conftest import OpenPage
from tests.realtime.web import log_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


def hidden_in_page(client: Client) -> object:
    hidden = client.get("/@alice").context["chat"]["hidden"]
    return hidden and [one["name"] for one in hidden]


def test_it_is_kept_with_the_account_and_undone(
    client: Client, room: Room, bob: User, carol: User, noon: datetime
) -> None:
    for _ in range(2):
        hide_person(user=bob, channel=room.channel, person=carol, now=noon)
    hide_person(user=bob, channel=room.channel, person=bob, now=noon)
    assert hidden_in_page(client) is None
    client.force_login(bob)
    assert hidden_in_page(client) == ["carol"]

    unhide_person(user=bob, channel=room.channel, person=carol)
    assert hidden_in_page(client) == []


def test_it_is_about_one_channel(
    client: Client, room: Room, alice: User, bob: User, carol: User, noon: datetime
) -> None:
    other = Channel.objects.create(name="other", owner=alice)
    hide_person(user=bob, channel=other, person=carol, now=noon)
    client.force_login(bob)

    assert hidden_in_page(client) == []


def test_a_list_has_an_end(room: Room, bob: User, carol: User, noon: datetime) -> None:
    people = User.objects.bulk_create(
        [User(username=f"p{number}", email=f"p{number}@example.com") for number in range(MOST_HIDDEN)]
    )
    facts = {"user": bob, "channel": room.channel, "created_at": noon}
    HiddenPerson.objects.bulk_create([HiddenPerson(person=person, **facts) for person in people[1:]])
    hide_person(user=bob, channel=room.channel, person=people[0], now=noon)

    with pytest.raises(OutOfBounds):
        hide_person(user=bob, channel=room.channel, person=carol, now=noon)


def test_it_leaves_with_either_account(room: Room, bob: User, carol: User, dave: User, noon: datetime) -> None:
    for user, person in ((bob, carol), (carol, dave), (bob, dave)):
        hide_person(user=user, channel=room.channel, person=person, now=noon)
    assert {one["person__username"] for one in messages_of(bob)["hidden_people"]} == {"carol", "dave"}

    forget_messages_of(user=carol, now=noon)
    assert list(HiddenPerson.objects.values_list("person__username", flat=True)) == ["dave"]


def test_pages_hide_and_show_over_their_socket(page: OpenPage, room: Room, bob: User, carol: User) -> None:
    reader = page(Cookie=log_in(bob))
    assert "error" not in reader.ask("chat.hide", room=room.pk, user="carol")
    assert HiddenPerson.objects.get().person == carol
    assert reader.ask("chat.hide", room=room.pk, user="nobody")["error"]["code"] == "nobody"
    assert reader.ask("chat.hide", room=0, user="carol")["error"]["code"] == "not_there"
    assert page().ask("chat.hide", room=room.pk, user="carol")["error"]["code"] == "not_logged_in"

    reader.ask("chat.unhide", room=room.pk, user="carol")
    assert not HiddenPerson.objects.exists()
