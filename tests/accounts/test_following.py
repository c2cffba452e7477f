from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.test import TestCase

from accounts import following
from accounts.actions import block, edit_profile
from accounts.errors import NotFollowable
from accounts.models import Channel, Follow, Notification, User

pytestmark = pytest.mark.django_db


def announce(channel: Channel, now: datetime, key: str = "live:1") -> None:
    channel.refresh_from_db()
    with TestCase.captureOnCommitCallbacks(execute=True):
        following.announce_on_commit(channel=channel, key=key, title="Dawn", now=now)


def told(user: User) -> int:
    return Notification.objects.filter(user=user, kind="went_live").count()


@pytest.fixture
def followed(alice_channel: Channel, bob: User) -> Channel:
    following.follow(channel=alice_channel, user=bob)
    return alice_channel


def test_followers_are_told_once_a_broadcast(followed: Channel, bob: User, dave: User, noon: datetime) -> None:
    announce(followed, noon)
    announce(followed, noon + timedelta(hours=1))

    assert (told(bob), told(dave)) == (1, 0)
    announce(followed, noon + timedelta(hours=2), key="live:2")
    assert told(bob) == 2


def test_mail_goes_to_who_wants_it_and_not_each_time_an_encoder_comes_back(
    followed: Channel, bob: User, noon: datetime
) -> None:
    announce(followed, noon)
    announce(followed, noon + timedelta(minutes=5), key="live:2")

    assert [message.to for message in mail.outbox] == [["bob@example.com"]]
    assert mail.outbox[0].subject == "alice is live: Dawn"
    assert "/@alice" in str(mail.outbox[0].body)
    announce(followed, noon + timedelta(minutes=40), key="live:3")
    assert len(mail.outbox) == 2


SWITCHES = [
    # the person's, the follow's: told in the page, told by mail
    ({}, {}, 1, 1),
    ({"live_in_page": False}, {}, 0, 1),
    ({"live_by_mail": False}, {}, 1, 0),
    ({}, {"notify": False}, 0, 1),
    ({}, {"notify_by_mail": False}, 1, 0),
    ({"live_in_page": False}, {"notify_by_mail": False}, 0, 0),
]


@pytest.mark.parametrize(("person", "row", "in_page", "by_mail"), SWITCHES)
def test_every_switch_counts(
    followed: Channel,
    bob: User,
    noon: datetime,
    person: dict[str, bool],
    row: dict[str, bool],
    in_page: int,
    by_mail: int,
) -> None:
    edit_profile(user=bob, changes=person)
    Follow.objects.update(created_at=noon, **row)

    announce(followed, noon)

    assert (told(bob), len(mail.outbox)) == (in_page, by_mail)


def test_many_followers_are_told_in_batches(
    alice_channel: Channel, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "BATCH", 10)
    people = User.objects.bulk_create(User(username=f"fan{number}") for number in range(35))
    Follow.objects.bulk_create(Follow(channel=alice_channel, user=person) for person in people)

    announce(alice_channel, noon)

    assert Notification.objects.filter(kind="went_live").count() == 35


def test_who_is_kept_away_does_not_follow(alice_channel: Channel, alice: User, bob: User) -> None:
    following.follow(channel=alice_channel, user=bob)
    block(user=alice, other=bob)
    assert not Follow.objects.exists()

    with pytest.raises(NotFollowable):
        following.follow(channel=alice_channel, user=bob)


def test_a_dark_channel_tells_nobody(followed: Channel, bob: User, noon: datetime) -> None:
    Channel.objects.update(is_suspended=True)

    announce(followed, noon)

    assert told(bob) == 0
