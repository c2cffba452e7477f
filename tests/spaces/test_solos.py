"""Going live from the browser: who may, when it goes on, when it is over, and what becomes of its broadcast."""

import secrets
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import av
import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import override_settings
from django.utils import timezone

from accounts.models import Channel, ChannelRole, User
from realtime import commands
from realtime.commands import Caller
from realtime.errors import CommandRefused
from spaces import actions, seating, solos
from spaces.compositor.mixer import Mixer
from spaces.compositor.output import Output
from spaces.compositor.scene import SOLO
from spaces.conductor import house
from spaces.errors import AnotherEncoder, LiveElsewhere, SoloOver
from spaces.models import Space
from streaming.actions import (
    BROWSER,
    Encoder,
    admit_encoder,
    close_session,
    end_broadcast,
    keep_refusal,
    suspend_channel,
)
from streaming.errors import AlreadyLive, DiskFull
from streaming.models import Broadcast, IngestSession
from tests.spaces.conftest import ordered
from tests.spaces.test_compositor import SCENE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fresh_house")]

SDP = "v=0\r\n"
COMMANDS: dict[str, dict[str, object]] = {
    "begin": {},
    "resume": {},
    "here": {},
    "speak": {"sdp": SDP, "muted": False},
    "mute": {"muted": True},
    "show": {"sdp": SDP},
    "hide": {},
    "stop": {},
}
# `alice` owns the channel and is live, `bob` edits it, `carol` moderates, `dave` has a channel of his own.
OTHERS = {
    "bob": {"begin": "live_elsewhere", "stop": "ok"},
    "carol": {},
    "dave": {},
    "stranger": {},
}


@pytest.fixture(autouse=True)
def _sfu() -> object:
    with override_settings(ENV=settings.ENV.model_copy(update={"janus_url": "ws://127.0.0.1:1"})):
        yield


@pytest.fixture
def crew(alice_channel: Channel, bob: User, carol: User, dave: User) -> Channel:
    ChannelRole.objects.create(channel=alice_channel, user=bob, role=ChannelRole.Role.EDITOR)
    ChannelRole.objects.create(channel=alice_channel, user=carol, role=ChannelRole.Role.MODERATOR)
    Channel.objects.create(name="dave", owner=dave)
    return alice_channel


def answer_of(person: User | AnonymousUser, name: str, **payload: object) -> str:
    try:
        commands.run(Caller(person, "127.0.0.1"), f"solo.{name}", payload)
    except CommandRefused as refusal:
        return refusal.code
    return "ok"


def sends(channel: Channel, now: datetime, name: str = BROWSER) -> IngestSession:
    """The compositor, or another encoder, arrives at ingest."""
    encoder = Encoder("127.0.0.1", settings.ENV.node, "boot", secrets.token_hex(4), name)
    return admit_encoder(key=channel.stream_key, encoder=encoder, now=now)


def live_alone(channel: Channel, user: User, now: datetime) -> tuple[solos.Solo, seating.Seat, Broadcast]:
    """Somebody live from a browser, as far as the database goes."""
    solo = solos.begin(channel=channel, user=user, now=now)
    seat = seating.take(solo.id, user.pk, now.timestamp())
    return solo, seat, sends(channel, now).broadcast


def test_every_command_is_in_the_table() -> None:
    assert {name.removeprefix("solo.") for name in commands._handlers if name.startswith("solo.")} == set(COMMANDS)


@pytest.mark.parametrize("who", OTHERS)
def test_nobody_else_has_a_say(
    crew: Channel, alice: User, bob: User, carol: User, dave: User, staged: Space, who: str
) -> None:
    """With the owner's own seat, with one of theirs, and with one of a Space."""
    people: dict[str, User | AnonymousUser] = {"bob": bob, "carol": carol, "dave": dave, "stranger": AnonymousUser()}
    person, now = people[who], timezone.now()
    solo, seat, broadcast = live_alone(crew, alice, now)
    seats = [seat, seating.take(solo.id, person.pk or 0, now.timestamp()), seating.take(staged.pk, 0, now.timestamp())]
    before = ordered()
    refusal = "solo_over" if who == "bob" else "not_your_channel"

    for one in seats:
        found = {
            name: answer_of(person, name, channel=crew.name, seat=one.token, **facts)
            for name, facts in COMMANDS.items()
        }
        assert found == dict.fromkeys(COMMANDS, refusal) | OTHERS[who]

    assert (ordered(), solos.find(crew, now)) == (before, solo)
    broadcast.refresh_from_db()
    assert broadcast.is_on_air


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_owner_and_editors_go_live(crew: Channel, alice: User, bob: User, who: str) -> None:
    person = {"alice": alice, "bob": bob}[who]
    answer = commands.run(Caller(person, "127.0.0.1"), "solo.begin", {"channel": crew.name})
    assert answer is not None

    seat = answer["seat"]

    found = {name: answer_of(person, name, channel="alice", seat=seat, **facts) for name, facts in COMMANDS.items()}

    assert found == dict.fromkeys(COMMANDS, "ok")
    assert [order["what"] for order in ordered()] == ["sync", "speak", "mute", "show", "hide", "sync"]
    # With it the seat is worth nothing.
    assert answer_of(person, "here", channel=crew.name, seat=seat) == "solo_over"


@pytest.mark.parametrize("payload", [{"channel": None}, {"channel": 7}, {"channel": "x" * 99}, {"channel": "nobody"}])
def test_nonsense_is_refused(alice: User, payload: dict[str, object]) -> None:
    assert answer_of(alice, "begin", **payload) == "not_your_channel"


def test_a_seat_is_of_one_solo_and_an_offer_is_one(alice: User, alice_channel: Channel, staged: Space) -> None:
    _solo, seat, _broadcast = live_alone(alice_channel, alice, timezone.now())
    elsewhere = seating.take(staged.pk, alice.pk, timezone.now().timestamp())
    guess = secrets.token_hex(16)

    for token in (elsewhere.token, guess, None, 7):
        assert answer_of(alice, "show", channel="alice", seat=token, sdp=SDP) == "seat_gone"
    for sdp in (None, "x", "v=0" + "x" * 20_000):
        assert answer_of(alice, "show", channel="alice", seat=seat.token, sdp=sdp) == "bad_payload"
    # Nor does it open a Space.
    with pytest.raises(CommandRefused):
        commands.run(Caller(alice, "127.0.0.1"), "space.speak", {"seat": seat.token, "sdp": SDP})


def test_without_a_media_server_it_says_so(alice: User, alice_channel: Channel) -> None:
    with override_settings(ENV=settings.ENV.model_copy(update={"janus_url": ""})):
        assert answer_of(alice, "begin", channel="alice") == "no_sfu"


def test_one_at_a_time_is_live_on_a_channel(crew: Channel, alice: User, bob: User, noon: datetime) -> None:
    session = sends(crew, noon, "OBS")
    with pytest.raises(AnotherEncoder):
        solos.begin(channel=crew, user=alice, now=noon)
    end_broadcast(broadcast=session.broadcast, now=noon, reason=Broadcast.EndReason.ENDED)
    live_alone(crew, alice, noon)

    with pytest.raises(LiveElsewhere):
        solos.begin(channel=crew, user=bob, now=noon)
    # What sends is protected as any encoder is, and whoever was live goes on from another page.
    with pytest.raises(AlreadyLive):
        sends(crew, noon, "OBS")
    assert solos.begin(channel=crew, user=alice, now=noon) == solos.find(crew, noon)


def test_a_space_on_the_channel_keeps_it(alice: User, alice_channel: Channel, staged: Space) -> None:
    actions.relay(space=staged, is_relayed=True, by=alice)
    house.read_stages()

    assert answer_of(alice, "begin", channel="alice") == "another_encoder"


def test_the_conductor_is_told_what_to_compose(alice: User, alice_channel: Channel) -> None:
    solo, seat, _broadcast = live_alone(alice_channel, alice, timezone.now())

    stage = house.read_stages()[str(solo.id)]

    assert stage.show is not None
    assert stage.show.address.endswith(f"/{alice_channel.stream_key}?browser=1")
    assert (stage.show.shape, stage.people, stage.seats) == (SOLO, frozenset({alice.pk}), (seat.token,))


def test_a_page_that_comes_back_within_the_grace_goes_on(alice: User, alice_channel: Channel, noon: datetime) -> None:
    solo, seat, broadcast = live_alone(alice_channel, alice, noon)
    seating.leave(seat)
    back = noon + timedelta(seconds=solos.GRACE_S - 1)
    assert [one.id for one in solos.see_to(back)] == [solo.id]

    solos.renew(solo, back)

    assert [one.id for one in solos.see_to(back + timedelta(seconds=solos.GRACE_S - 1))] == [solo.id]
    broadcast.refresh_from_db()
    assert broadcast.state == Broadcast.State.LIVE


def test_a_page_that_is_closed_ends_it_after_the_grace(alice: User, alice_channel: Channel, noon: datetime) -> None:
    _solo, seat, broadcast = live_alone(alice_channel, alice, noon)
    later = noon + timedelta(seconds=solos.GRACE_S + 1)
    # While web is away pages keep their seats, and what they have live.
    seating.renew(seat, later.timestamp())
    assert len(solos.see_to(later)) == 1
    seating.leave(seat)

    assert solos.see_to(later) == []
    broadcast.refresh_from_db()
    assert (broadcast.state, broadcast.end_reason) == ("ended", Broadcast.EndReason.GRACE_OVER)
    assert "away for too long" in str(solos.over(alice_channel, alice).message)


def end_in_studio(channel: Channel, by: User, now: datetime) -> None:
    end_broadcast(broadcast=Broadcast.objects.get(), now=now, reason=Broadcast.EndReason.ENDED, by=by)


def suspend(channel: Channel, by: User, now: datetime) -> None:
    suspend_channel(channel=channel, by=by, now=now)


def dismiss(channel: Channel, by: User, now: datetime) -> None:
    ChannelRole.objects.all().delete()


def refuse(channel: Channel, by: User, now: datetime) -> None:
    close_session(session=IngestSession.objects.get(), now=now)
    keep_refusal(channel=channel, refusal=DiskFull(), address=None, encoder=BROWSER, now=now)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (end_in_studio, "has ended"),
        (suspend, "has ended"),
        (dismiss, "has ended"),
        (refuse, "too little free disk space"),
    ],
)
def test_it_is_over_when_it_may_not_go_on(
    crew: Channel, bob: User, erin: User, noon: datetime, what: object, said: str
) -> None:
    """And isn't begun anew by the conductor, which starts what ended by itself."""
    live_alone(crew, bob, noon)
    assert callable(what)
    what(crew, erin, noon)
    crew.refresh_from_db()

    assert solos.see_to(noon) == []
    assert not Broadcast.objects.on_air().exists()
    assert said in str(solos.over(crew, bob).message)


def test_an_encoder_that_is_refused_meanwhile_ends_nothing(alice: User, alice_channel: Channel, noon: datetime) -> None:
    """The compositor is just starting anew, and OBS knocks with what ingest doesn't take."""
    solo, _seat, _broadcast = live_alone(alice_channel, alice, noon)
    close_session(session=IngestSession.objects.get(), now=noon)
    keep_refusal(channel=alice_channel, refusal=DiskFull(), address=None, encoder="FMLE/3.0", now=noon)

    assert [one.id for one in solos.see_to(noon)] == [solo.id]


def test_another_encoder_that_took_its_place_keeps_the_broadcast(
    alice: User, alice_channel: Channel, noon: datetime
) -> None:
    """The compositor broke, and OBS was there before the next one."""
    _solo, _seat, broadcast = live_alone(alice_channel, alice, noon)
    close_session(session=IngestSession.objects.get(), now=noon)
    sends(alice_channel, noon, "OBS")
    with pytest.raises(AlreadyLive):
        sends(alice_channel, noon)

    assert solos.see_to(noon) == []
    broadcast.refresh_from_db()
    assert broadcast.state == Broadcast.State.LIVE


def test_what_begins_as_it_is_stopped_ends_too(alice: User, alice_channel: Channel, noon: datetime) -> None:
    solo = solos.begin(channel=alice_channel, user=alice, now=noon)
    solos.stop(solo=solo, now=noon)
    broadcast = sends(alice_channel, noon).broadcast

    solos.see_to(noon)

    broadcast.refresh_from_db()
    assert broadcast.state == Broadcast.State.ENDED


def test_what_is_over_neither_comes_back_nor_takes_the_next_one_away(
    crew: Channel, alice: User, bob: User, noon: datetime
) -> None:
    over = solos.begin(channel=crew, user=alice, now=noon)
    solos.stop(solo=over, now=noon)
    with pytest.raises(SoloOver):
        solos.renew(over, noon)
    assert solos.find(crew, noon) is None

    following = solos.begin(channel=crew, user=bob, now=noon)
    solos.stop(solo=over, now=noon)
    with pytest.raises(SoloOver):
        solos.renew(over, noon)

    assert solos.find(crew, noon) == following


def test_its_stream_has_one_size_and_one_rate(tmp_path: Path) -> None:
    file = tmp_path / "out.flv"
    output = Output(str(file), SOLO)
    mixer = Mixer(output, SCENE, 100.0, SOLO)
    for tick in range(51):
        mixer.tick(100.0 + tick * 0.02)
    output.close()

    with av.open(str(file)) as read:
        frames = list(read.decode(video=0))
    steps = {round(((later.time or 0) - (earlier.time or 0)) * 1000) for earlier, later in pairwise(frames)}
    assert {(frame.width, frame.height) for frame in frames} == {(SOLO.width, SOLO.height)}
    assert (steps, len(frames)) == ({40}, 26)
