from datetime import datetime

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.access import channels_of, get_crew_channel, get_editable_channel, get_owned_channel
from accounts.actions import appoint, block, dismiss, resign
from accounts.errors import NotAppointable, NotThere
from accounts.models import AuditEntry, Channel, ChannelRole, Notification, User
from accounts.notifications import text_of
from accounts.roles import can_edit, is_crew, role_on

pytestmark = pytest.mark.django_db
Role = ChannelRole.Role

RIGHTS = [
    # role, is crew, may edit, owns
    (Role.OWNER, True, True, True),
    (Role.EDITOR, True, True, False),
    (Role.MODERATOR, True, False, False),
    (Role.VIP, False, False, False),
    (None, False, False, False),
]


def put(user: User, role: ChannelRole.Role | None, channel: Channel, now: datetime) -> None:
    assert channel.owner is not None
    if role == Role.OWNER:
        Channel.objects.update(owner=user)
        channel.refresh_from_db()
    elif role is not None:
        appoint(channel=channel, user=user, role=role, by=channel.owner, now=now)


@pytest.mark.parametrize(("role", "crew", "edits", "owns"), RIGHTS)
def test_what_a_role_opens(
    alice_channel: Channel, bob: User, noon: datetime, role: Role | None, crew: bool, edits: bool, owns: bool
) -> None:
    put(bob, role, alice_channel, noon)

    assert role_on(bob, alice_channel) == role
    assert (is_crew(bob, alice_channel), can_edit(bob, alice_channel)) == (crew, edits)
    for door, opens in ((get_crew_channel, crew), (get_editable_channel, edits), (get_owned_channel, owns)):
        if opens:
            assert door(bob, "alice") == alice_channel
        else:
            with pytest.raises(NotThere):
                door(bob, "alice")


def test_strangers_and_the_shut_out_have_no_role(alice_channel: Channel, alice: User) -> None:
    assert role_on(AnonymousUser(), alice_channel) is None
    alice.is_active = False
    assert role_on(alice, alice_channel) is None


def test_an_appointment_is_told_and_written_down(
    alice_channel: Channel, alice: User, carol: User, noon: datetime
) -> None:
    appoint(channel=alice_channel, user=carol, role=Role.VIP, by=alice, now=noon)
    appoint(channel=alice_channel, user=carol, role=Role.MODERATOR, by=alice, now=noon)
    appoint(channel=alice_channel, user=carol, role=Role.MODERATOR, by=alice, now=noon)

    assert [row.role for row in ChannelRole.objects.all()] == [Role.MODERATOR]
    told = [text_of(row) for row in Notification.objects.filter(user=carol).order_by("pk")]
    assert told == ["alice made you VIP of alice.", "alice made you moderator of alice."]
    newest = AuditEntry.objects.filter(action="appointed").first()
    assert newest is not None
    assert newest.facts == {"user": "carol", "role": "moderator", "before": "vip"}


def test_a_role_is_taken_away_or_given_back(alice_channel: Channel, alice: User, carol: User, noon: datetime) -> None:
    role = appoint(channel=alice_channel, user=carol, role=Role.EDITOR, by=alice, now=noon)
    assert list(channels_of(carol)) == [alice_channel]

    dismiss(role=role, by=alice, now=noon)
    assert list(channels_of(carol)) == []
    assert Notification.objects.filter(user=carol, kind="role_taken").exists()

    resign(role=appoint(channel=alice_channel, user=carol, role=Role.VIP, by=alice, now=noon))
    assert list(channels_of(carol)) == []


def test_whoever_keeps_the_owner_away_is_not_appointed(
    alice_channel: Channel, alice: User, dave: User, noon: datetime
) -> None:
    block(user=dave, other=alice)

    with pytest.raises(NotAppointable):
        appoint(channel=alice_channel, user=dave, role=Role.VIP, by=alice, now=noon)


def test_the_owner_is_no_row(alice_channel: Channel, alice: User, bob: User, noon: datetime) -> None:
    with pytest.raises(NotAppointable):
        appoint(channel=alice_channel, user=alice, role=Role.EDITOR, by=alice, now=noon)
    with pytest.raises(NotAppointable):
        appoint(channel=alice_channel, user=bob, role=Role.OWNER, by=alice, now=noon)
