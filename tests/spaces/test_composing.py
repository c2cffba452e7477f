"""The composed stream: when there is one, whose it is, what it shows, and what is left of it."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from accounts.models import Channel, Follow, Notification, User
from spaces import actions, composing, hall
from spaces.actions import Plan
from spaces.compositor import slate
from spaces.compositor.scene import Face, Scene
from spaces.conductor import house
from spaces.errors import ChannelNarrower, NotToThem
from spaces.models import Audience, Space
from streaming import gates
from streaming.access import broadcast_at, broadcast_shown
from streaming.actions import Encoder, admit_encoder, end_broadcast
from streaming.describing import get_setup
from streaming.errors import AlreadyLive, UnknownKey
from streaming.models import Broadcast, Visibility
from streaming.placing import broadcast_of_key, key_of
from streaming.playback import playback_url
from streaming.recordings.actions import is_recorded
from streaming.recordings.models import Recording
from streaming.state import describe_place
from tests.streaming.conftest import SetEnv, set_env

__all__ = ["set_env"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fresh_house")]
STRANGER = AnonymousUser()


def see_to(now: datetime) -> Broadcast | None:
    """What the conductor does each second."""
    there = composing.see_to(Space.objects.live().select_related("channel"), now)
    return next(iter(there.values()), None)


def encoder(client_id: str) -> Encoder:
    return Encoder("127.0.0.1", settings.ENV.node, "boot", client_id)


def test_it_runs_while_somebody_listens_and_a_minute_longer(staged: Space, noon: datetime) -> None:
    assert see_to(noon) is None

    token = hall.enter(staged.pk, noon.timestamp())
    broadcast = see_to(noon)
    assert broadcast is not None
    assert (hall.count(staged.pk, noon.timestamp()), broadcast.is_on_channel) == (1, False)
    assert see_to(noon + timedelta(seconds=5)) == broadcast

    hall.leave(staged.pk, token, noon.timestamp() + 10)
    assert hall.count(staged.pk, noon.timestamp() + 11) == 0
    assert see_to(noon + timedelta(seconds=69)) == broadcast
    assert see_to(noon + timedelta(seconds=71)) is None
    broadcast.refresh_from_db()
    assert broadcast.state == Broadcast.State.ENDED


def test_a_page_that_says_nothing_is_gone(staged: Space, noon: datetime) -> None:
    token = hall.enter(staged.pk, noon.timestamp())
    assert hall.renew(staged.pk, token, noon.timestamp() + 30)
    assert not hall.renew(staged.pk, "somebody else's", noon.timestamp())

    assert hall.count(staged.pk, noon.timestamp() + 69) == 1
    assert hall.count(staged.pk, noon.timestamp() + 71) == 0


def test_its_channel_shows_it_when_the_host_says_so(
    staged: Space, alice: User, carol: User, alice_channel: Channel, noon: datetime
) -> None:
    hall.enter(staged.pk, noon.timestamp())
    broadcast = see_to(noon)
    assert broadcast_shown(STRANGER, alice_channel) is None
    assert broadcast_at(staged.place) == broadcast

    with pytest.raises(NotToThem):
        actions.relay(space=staged, is_relayed=True, by=carol)
    actions.relay(space=staged, is_relayed=True, by=alice)
    assert see_to(noon) == broadcast_shown(STRANGER, alice_channel) == broadcast
    # What the house sends there is nothing for an encoder to go on with.
    with pytest.raises(AlreadyLive):
        admit_encoder(key=alice_channel.stream_key, encoder=encoder("1"), now=noon)

    # Whose the Space is now doesn't run the channel.
    actions.hand_over(space=staged, user=carol, by=alice)
    assert see_to(noon) == broadcast
    assert broadcast_shown(STRANGER, alice_channel) is None


def test_an_encoder_of_the_channel_and_a_space_are_on_air_side_by_side(
    staged: Space, alice_channel: Channel, noon: datetime
) -> None:
    own = admit_encoder(key=alice_channel.stream_key, encoder=encoder("1"), now=noon).broadcast
    Space.objects.update(is_relayed=True)

    placed = see_to(noon)

    assert placed is not None
    assert placed != own
    assert not placed.is_on_channel
    assert broadcast_shown(STRANGER, alice_channel) == own


def test_its_key_is_its_own_and_dies_with_it(staged: Space, noon: datetime) -> None:
    Space.objects.update(is_recorded=True)
    broadcast = see_to(noon)
    assert broadcast is not None
    key = key_of(broadcast)
    assert house.read_stages()[str(staged.pk)].show is not None

    first = admit_encoder(key=key, encoder=encoder("1"), now=noon)
    second = admit_encoder(key=key, encoder=encoder("2"), now=noon)
    first.refresh_from_db()
    assert (first.broadcast, second.broadcast, first.ended_at) == (broadcast, broadcast, noon)
    assert broadcast_of_key(f"{key[:-1]}{'0' if key[-1] != '0' else '1'}") is None

    Space.objects.update(is_recorded=False)
    assert see_to(noon) is None
    with pytest.raises(UnknownKey):
        admit_encoder(key=key, encoder=encoder("3"), now=noon)


@pytest.mark.parametrize(("audience", "may"), [(Audience.PUBLIC, True), (Audience.FOLLOWERS, False)])
def test_whoever_may_come_in_may_hear_it(
    staged: Space, dave: User, bob: User, noon: datetime, audience: Audience, may: bool
) -> None:
    Space.objects.update(audience=audience)
    hall.enter(staged.pk, noon.timestamp())
    broadcast = see_to(noon)
    assert broadcast is not None

    assert (gates.may_watch(STRANGER, broadcast), gates.may_watch(dave, broadcast)) == (may, may)
    # Who is on the stage is let in by it.
    assert gates.may_watch(bob, broadcast)
    assert describe_place(staged.place, noon, STRANGER)["broadcast"]["is_admitted"] is may


def test_recording_is_the_hosts_choice_and_told(staged: Space, alice: User, carol: User, noon: datetime) -> None:
    hall.enter(staged.pk, noon.timestamp())
    unrecorded = see_to(noon)
    assert unrecorded is not None
    assert not is_recorded(unrecorded)

    with pytest.raises(NotToThem):
        actions.record(space=staged, is_recorded=True, by=carol)
    actions.record(space=staged, is_recorded=True, by=alice)
    recorded = see_to(noon)

    assert recorded == unrecorded
    assert is_recorded(recorded)
    # What was said before goes on nowhere: players follow to another path.
    assert recorded.media_path != unrecorded.media_path
    assert see_to(noon + timedelta(hours=1)) == recorded
    assert composing.replays_of(staged, STRANGER) == []


def test_what_is_narrowed_leaves_the_channel_for_another_path(
    staged: Space, alice: User, alice_channel: Channel, noon: datetime
) -> None:
    actions.relay(space=staged, is_relayed=True, by=alice)
    public = see_to(noon)
    assert public is not None

    actions.change(space=staged, plan=Plan("Among us", audience=Audience.FOLLOWERS), by=alice, now=noon)
    for_followers = broadcast_at(staged.place)
    assert for_followers is not None
    assert broadcast_shown(STRANGER, alice_channel) is None
    assert not gates.may_watch(STRANGER, for_followers)
    assert for_followers.media_path != public.media_path

    actions.change(space=staged, plan=Plan("Among few", audience=Audience.SUBSCRIBERS), by=alice, now=noon)
    for_subscribers = broadcast_at(staged.place)
    assert for_subscribers is not None
    assert for_subscribers.media_path != for_followers.media_path


def test_a_channel_that_rehearses_takes_nobody_their_space(staged: Space, alice: User, noon: datetime) -> None:
    setup = get_setup(staged.channel)
    setup.visibility = Visibility.REHEARSAL
    setup.save()
    with pytest.raises(ChannelNarrower):
        actions.relay(space=staged, is_relayed=True, by=alice)

    # It may have begun to rehearse later.
    Space.objects.update(is_relayed=True, is_recorded=True)
    broadcast = see_to(noon)
    assert broadcast is not None
    assert gates.may_watch(STRANGER, broadcast)
    assert is_recorded(broadcast)


def test_followers_are_told_once_and_only_of_what_came_in(
    staged: Space, alice: User, gina: User, noon: datetime
) -> None:
    Follow.objects.create(channel=staged.channel, user=gina)
    actions.relay(space=staged, is_relayed=True, by=alice)
    for minute in range(3):
        broadcast = see_to(noon + timedelta(minutes=minute))
        assert broadcast is not None
        if minute == 0:
            end_broadcast(broadcast=broadcast, now=noon, reason=Broadcast.EndReason.GRACE_OVER)
            assert not Notification.objects.exists()
        else:
            admit_encoder(key=key_of(broadcast), encoder=encoder(str(minute)), now=noon)
            end_broadcast(broadcast=broadcast, now=noon, reason=Broadcast.EndReason.GRACE_OVER)
    assert Notification.objects.filter(user=gina, kind="went_live").count() == 1


def test_what_is_ended_by_hand_stays_off_the_channel(
    staged: Space, alice: User, alice_channel: Channel, noon: datetime
) -> None:
    actions.relay(space=staged, is_relayed=True, by=alice)
    broadcast = see_to(noon)
    assert broadcast is not None
    end_broadcast(broadcast=broadcast, now=noon, reason=Broadcast.EndReason.ENDED, by=alice)

    assert see_to(noon) is None
    assert broadcast_shown(STRANGER, alice_channel) is None


def test_what_was_recorded_is_there_after_recording_stopped(staged: Space, alice: User, noon: datetime) -> None:
    hall.enter(staged.pk, noon.timestamp())
    actions.record(space=staged, is_recorded=True, by=alice)
    broadcast = see_to(noon)
    assert broadcast is not None
    path = broadcast.media_path
    recording = Recording.objects.create(broadcast=broadcast, media_path=path, key=path, started_at=noon)
    actions.record(space=staged, is_recorded=False, by=alice)
    see_to(noon)

    assert [replay.recordings for replay in composing.replays_of(staged, STRANGER)] == [(recording,)]


def test_whoever_may_come_in_no_more_has_an_address_for_two_minutes_at_most(staged: Space, noon: datetime) -> None:
    Space.objects.update(audience=Audience.FOLLOWERS)
    hall.enter(staged.pk, noon.timestamp())
    broadcast = see_to(noon)

    assert broadcast is not None
    assert playback_url(broadcast, noon).expires_at - noon <= timedelta(minutes=2)


def test_spaces_keep_no_encoder_out_and_have_a_bound_of_their_own(
    staged: Space, alice_channel: Channel, noon: datetime, set_env: SetEnv
) -> None:
    set_env(max_broadcasts=1, max_placed=1)
    Space.objects.update(is_recorded=True)
    assert see_to(noon) is not None
    assert admit_encoder(key=alice_channel.stream_key, encoder=encoder("1"), now=noon)

    set_env(max_placed=0)
    Broadcast.objects.exclude(place="").delete()
    assert see_to(noon) is None


def test_whoever_does_not_run_the_channel_records_nothing_for_it(staged: Space, alice: User, carol: User) -> None:
    actions.record(space=staged, is_recorded=True, by=alice)

    assert not actions.hand_over(space=staged, user=carol, by=alice).is_recorded


@pytest.mark.parametrize("people", [1, 5, 13])
def test_the_slate_shows_who_talks(people: int) -> None:
    faces = tuple(Face(number, f"Somebody number {number}", number % 12) for number in range(people))
    quiet, loud = (
        slate.draw(Scene("A title that goes over two lines " * 3, "alice", faces, talking)) for talking in ((), (0,))
    )

    assert loud.size == (slate.WIDTH, slate.HEIGHT)
    assert quiet.tobytes() != loud.tobytes()
    ring = (0x5F, 0xC4, 0x8F)
    assert [ring in {colour for _count, colour in one.getcolors(1 << 16) or []} for one in (quiet, loud)] == [
        False,
        True,
    ]
