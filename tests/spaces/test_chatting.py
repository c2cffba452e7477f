"""What is said in a Space that isn't for everybody is for whoever may come in."""

from datetime import datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from accounts.models import Channel, Follow, User
from accounts.roles import Visitor
from chat.access import get_readable_room
from chat.actions import open_main_room, post_message
from chat.entering import describe_rooms
from chat.errors import NotThere
from chat.models import Message, Room
from chat.standing import standing_of
from spaces import actions, chatting
from spaces.actions import Plan
from spaces.models import Audience, Space

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fresh_house")]


def readers(room: Room, people: dict[str, Visitor], now: datetime) -> set[str]:
    found = set()
    for name, viewer in people.items():
        try:
            get_readable_room(viewer, room.pk, now)
            found.add(name)
        except NotThere:
            continue
    return found


def test_only_who_may_come_in_reads_and_writes(
    staged: Space, alice: User, carol: User, dave: User, gina: User, frank: User, erin: User, noon: datetime
) -> None:
    assert chatting.room_of(staged) is None
    actions.change(space=staged, plan=Plan("Among us", audience=Audience.FOLLOWERS), by=alice, now=noon)
    staged.refresh_from_db()
    for user in (gina, frank):
        Follow.objects.create(channel=staged.channel, user=user)
    room = chatting.room_of(staged)
    assert room is not None
    assert chatting.room_of(staged) == room

    # Frank follows, and was removed; carol is on the stage.
    people: dict[str, Visitor] = {user.username: user for user in (alice, carol, dave, gina, frank, erin)}
    people["stranger"] = AnonymousUser()
    assert readers(room, people, noon) == {"alice", "carol", "gina", "erin"}

    post_message(room=room, author=gina, text="Only we read this", now=noon)
    with pytest.raises(NotThere):
        post_message(room=room, author=dave, text="I shouldn't be here", now=noon)
    assert [one.text for one in Message.objects.filter(room=room)] == ["Only we read this"]

    actions.remove_person(space=staged, user=gina, by=alice, now=noon)
    assert "gina" not in readers(room, people, noon)


def test_its_page_has_it_and_the_channel_has_not(
    client: Client, staged: Space, alice: User, alice_channel: Channel, noon: datetime
) -> None:
    Space.objects.update(audience=Audience.FOLLOWERS)
    staged.refresh_from_db()
    main, own = open_main_room(channel=alice_channel), chatting.room_of(staged)
    assert own is not None
    client.force_login(alice)

    assert client.get(staged.get_absolute_url()).context["chat"]["room"] == own.pk
    assert client.get(f"/@{alice_channel.name}").context["chat"]["room"] == main.pk
    standing = standing_of(alice, alice_channel, noon)
    assert [one["room"] for one in describe_rooms(main, standing, noon)] == [main.pk]
    assert [one["room"] for one in describe_rooms(own, standing, noon)] == [own.pk]
    # Another Space of the same title has another one, and what has no door is closed.
    assert own.name == staged.title
    Room.objects.create(channel=alice_channel, place="attic-1", name=own.name)
    with pytest.raises(NotThere):
        get_readable_room(alice, Room.objects.get(place="attic-1").pk, noon)
