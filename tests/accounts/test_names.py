import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.actions import open_own_channel
from accounts.errors import NameTaken, TooManyChannels
from accounts.models import Channel, SiteSettings, User
from accounts.names import check_not_reserved, reserved_names

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["admin", "Admin", "studio", "API", "static", "moderator", "deleted-7", "terms"])
def test_names_that_stand_for_the_house_are_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        check_not_reserved(name)


def test_every_first_segment_of_an_address_is_reserved() -> None:
    assert {"admin", "accounts", "api", "ingest", "studio", "following", "notifications", "legal"} <= reserved_names()
    check_not_reserved("alice")


def test_user_names_differ_in_more_than_case(alice: User) -> None:
    with pytest.raises(IntegrityError):
        User.objects.create(username="ALICE")


def test_nobody_opens_a_channel_under_somebody_elses_name(alice: User, bob: User) -> None:
    with pytest.raises(NameTaken):
        open_own_channel(owner=bob, name="alice")

    assert open_own_channel(owner=alice, name="alice").owner == alice


def test_a_person_has_only_so_many_channels(alice: User) -> None:
    SiteSettings.objects.create(channels_a_person=1)
    open_own_channel(owner=alice, name="alice")

    with pytest.raises(TooManyChannels):
        open_own_channel(owner=alice, name="alice-two")


@pytest.mark.parametrize("name", ["A", "Alice", "al ice", "-alice", "älice", "a" * 33, "alice\n"])
def test_a_channels_name_fits_an_address(alice: User, name: str) -> None:
    with pytest.raises(ValidationError):
        open_own_channel(owner=alice, name=name)

    assert not Channel.objects.exists()
