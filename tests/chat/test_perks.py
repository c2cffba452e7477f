"""What a tier opens in the chat, and what it doesn't."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import Channel, User
from chat import gates
from chat.emotes import emotes_of
from chat.errors import SubscribersOnly, TierWithoutRooms
from chat.hearing import on_tier_changed
from chat.models import Emote, Room
from chat.standing import standing_of
from monetization.models import Tier
from monetization.perks import all_perks, has_perk
from monetization.subscriptions import grant

PERKS = ("badge", "emotes", "rooms")


@pytest.fixture
def lounge(alice_channel: Channel) -> Room:
    """A room for subscribers, and an emote of theirs."""
    Emote.objects.create(channel=alice_channel, code="wave", picture="pictures/wave.webp", is_for_subscribers=True)
    return Room.objects.create(channel=alice_channel, name="Lounge", read_by="subscribers", write_by="subscribers")


def subscribe(user: User, channel: Channel, now: datetime, *perks: str) -> Tier:
    tier = Tier.objects.create(channel=channel, name="-".join(perks) or "plain", perks=perks, opened_at=now)
    grant(user=user, channel=channel, tier=tier, starts_at=now)
    return tier


@pytest.mark.django_db
@pytest.mark.parametrize("perk", [*PERKS, ""])
def test_each_perk_opens_one_thing(perk: str, lounge: Room, bob: User, noon: datetime) -> None:
    subscribe(bob, lounge.channel, noon, *([perk] if perk else []))

    standing = standing_of(bob, lounge.channel, noon)
    found = {
        "badge": bool(standing.badges),
        "emotes": bool(emotes_of(lounge.channel, standing)),
        "rooms": gates.may_read(lounge, standing, noon),
    }
    assert found == {one: one == perk for one in PERKS}
    assert {one: has_perk(bob, lounge.channel, one, noon) for one in PERKS} == found
    assert standing.is_subscriber


@pytest.mark.django_db
def test_who_subscribes_to_another_tier_is_told_so(lounge: Room, bob: User, dave: User, noon: datetime) -> None:
    subscribe(bob, lounge.channel, noon, "badge")

    with pytest.raises(TierWithoutRooms):
        gates.check_may_read(lounge, standing_of(bob, lounge.channel, noon), noon)
    with pytest.raises(SubscribersOnly):
        gates.check_may_read(lounge, standing_of(dave, lounge.channel, noon), noon)


@pytest.mark.django_db
def test_a_mode_for_subscribers_is_for_every_tier(lounge: Room, bob: User, noon: datetime) -> None:
    subscribe(bob, lounge.channel, noon)
    main = Room(channel=lounge.channel, name="Chat", subscribers_only="all")

    gates.check_may_write(main, standing_of(bob, lounge.channel, noon), noon)


@pytest.mark.django_db
def test_a_granted_subscription_has_every_perk_while_it_runs(lounge: Room, bob: User, noon: datetime) -> None:
    end = noon + timedelta(days=30)
    grant(user=bob, channel=lounge.channel, starts_at=noon, ends_at=end)

    assert {one.code for one in all_perks()} >= set(PERKS)
    assert all(has_perk(bob, lounge.channel, one.code, noon) for one in all_perks())
    assert not has_perk(bob, lounge.channel, "badge", end)
    assert not has_perk(bob, lounge.channel, "nonsense", noon)
    assert not has_perk(AnonymousUser(), lounge.channel, "badge", noon)


@pytest.mark.django_db
def test_the_perks_of_two_tiers_add_up(lounge: Room, bob: User, noon: datetime) -> None:
    subscribe(bob, lounge.channel, noon, "badge")
    subscribe(bob, lounge.channel, noon, "rooms")

    standing = standing_of(bob, lounge.channel, noon)
    assert {one for one in PERKS if standing.has_perk(one)} == {"badge", "rooms"}


@pytest.mark.django_db
def test_a_change_of_perks_is_heard(
    lounge: Room, bob: User, dave: User, noon: datetime, django_capture_on_commit_callbacks: object
) -> None:
    tier = subscribe(bob, lounge.channel, noon, "badge")
    with django_capture_on_commit_callbacks() as told:  # type: ignore[operator]
        on_tier_changed({"tier": tier.pk, "channel": lounge.channel_id})

    # The room asks its readers anew, and bob's pages alone ask who they are.
    assert len(told) == 2
