from datetime import datetime

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts import audit, deletion, suspension
from accounts.actions import (
    approve_channel,
    edit_profile,
    end_sessions,
    make_administrator,
    open_own_channel,
    restore_user,
    suspend_user,
)
from accounts.errors import AccountsError, WrongPassword
from accounts.following import follow
from accounts.models import AuditEntry, Channel, Follow, Notification, SiteSettings, User

pytestmark = pytest.mark.django_db


def test_suspending_somebody_ends_what_they_have_open(alice: User, erin: User, noon: datetime, client: Client) -> None:
    client.force_login(alice)
    assert client.get("/settings/").status_code == 200

    suspend_user(user=alice, by=erin, now=noon, reason="spam")
    assert client.get("/settings/").status_code == 302
    restore_user(user=alice, by=erin)

    assert client.get("/settings/").status_code == 302
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["restored user", "suspended user"]


def test_suspending_reaches_other_apps(alice_channel: Channel, alice: User, erin: User, noon: datetime) -> None:
    suspend_user(user=alice, by=erin, now=noon)

    alice_channel.refresh_from_db()
    assert alice_channel.is_suspended


def test_nobody_suspends_themselves_nor_staff_a_superuser(erin: User, bob: User, noon: datetime) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    for user, by in ((erin, erin), (erin, bob)):
        with pytest.raises(AccountsError):
            suspend_user(user=user, by=by, now=noon)


def test_logging_out_everywhere_ends_every_session(alice: User) -> None:
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(alice)

    end_sessions(user=alice)

    assert [client.get("/settings/").status_code for client in clients] == [302, 302]


def test_channels_wait_for_approval_where_that_is_the_rule(alice: User, erin: User, noon: datetime) -> None:
    SiteSettings.objects.create(channels_need_approval=True)
    channel = open_own_channel(owner=alice, name="alice")
    assert channel.is_suspended

    channel = approve_channel(channel=channel, by=erin, now=noon)

    assert not channel.is_suspended
    assert Notification.objects.filter(user=alice, kind="channel_approved").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"links": ["javascript:alert(1)"]},
        {"links": ["https://user:secret@example.org/"]},
        {"links": ["https://example.org/"] * 6},
        {"links": "https://example.org/"},
        {"time_zone": "Mars/Olympus"},
        {"language": "xx"},
        {"bio": "x" * 1001},
        {"display_name": "x" * 51},
    ],
)
def test_a_profile_takes_no_nonsense(alice: User, changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        edit_profile(user=alice, changes=changes)

    alice.refresh_from_db()
    assert (alice.links, alice.time_zone, alice.bio) == ([], "", "")


@pytest.fixture
def leaving(alice: User, alice_channel: Channel, bob: User) -> User:
    """Alice, who has a channel, a follower, a password and a history."""
    alice.set_password("correct horse")
    alice.bio = "Mountains"
    alice.save()
    follow(channel=alice_channel, user=bob)
    audit.record(alice, "opened channel", alice_channel)
    return alice


def test_a_deleted_account_is_empty(leaving: User, noon: datetime, client: Client) -> None:
    client.force_login(leaving)
    deletion.delete_account(user=leaving, password="correct horse", now=noon)

    gone = User.objects.get(pk=leaving.pk)
    assert (gone.username, gone.email, gone.bio, gone.is_active) == (f"deleted-{gone.pk}", "", "", False)
    channel = Channel.objects.get()
    assert (channel.owner, channel.title, channel.is_suspended) == (None, "", True)
    assert not Follow.objects.exists()
    assert not AuditEntry.objects.filter(actor_name="alice").exists()
    assert client.get("/settings/").status_code == 302
    assert open_own_channel(owner=User.objects.create(username="alice"), name="alice")


def test_deleting_takes_the_password(leaving: User, noon: datetime) -> None:
    with pytest.raises(WrongPassword):
        deletion.delete_account(user=leaving, password="guess", now=noon)

    assert User.objects.filter(username="alice", is_active=True).exists()


def test_the_last_superuser_stays(erin: User, noon: datetime) -> None:
    erin.set_password("x")
    erin.save()

    with pytest.raises(AccountsError):
        deletion.delete_account(user=erin, password="x", now=noon)


def test_every_app_says_what_it_does() -> None:
    assert any("broadcasts" in line for line in deletion.announcements())
    assert "streaming" in suspension._handlers


def test_an_audit_entry_is_written_once(erin: User) -> None:
    entry = audit.record(erin, "did")

    with pytest.raises(ValidationError):
        entry.save()
    with pytest.raises(ValidationError):
        entry.delete()


def test_an_administrator_has_a_proper_name_and_address() -> None:
    user = make_administrator(name="root", address="root@example.com", password="p" * 12)
    assert user.is_superuser

    with pytest.raises(ValidationError):
        make_administrator(name="no good", address="root@example.com", password="p" * 12)
