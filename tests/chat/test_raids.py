"""Raids: alice's channel sends its viewers to bob's barn."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.actions import appoint, block
from accounts.deletion import forget
from accounts.following import follow
from accounts.models import AuditEntry, Channel, ChannelRole, User
from chat import slash
from chat.access import get_raid_target
from chat.actions import announce_raid, ban_user, cancel_raid, choose_raids_from, open_main_room, send_due_raids
from chat.errors import ChatError, NoSuchChannel, NotARaid, OutOfBounds, RaidedLately, RaidRefused
from chat.models import Message, Raid, RaidSetup
from chat.raid_lines import on_raid_came, on_raid_left
from chat.raiding import count_viewers, raids_from
from chat.standing import standing_of
from realtime import outbox
from streaming.live_events import topic_of
from streaming.models import Broadcast
from tests.chat.conftest import OpenPage
from tests.realtime.web import log_in, wait_for

pytestmark = pytest.mark.django_db
From, State = RaidSetup.From, Raid.State
Announce = Callable[..., Raid]


@pytest.fixture
def barn(alice_channel: Channel, bob: User, noon: datetime) -> Channel:
    """Bob's channel, which takes raids from everyone. It is live for everybody, and so is alice's."""
    barn = Channel.objects.create(name="barn", title="Hay", owner=bob)
    choose_raids_from(channel=barn, raids_from=From.EVERYONE, by=bob)
    for channel in (alice_channel, barn):
        Broadcast.objects.create(channel=channel, started_at=noon)
    return barn


@pytest.fixture
def announce(alice_channel: Channel, barn: Channel, alice: User, noon: datetime) -> Announce:
    """Have alice announce a raid on the barn at noon, unless told otherwise."""

    def act(**facts: Any) -> Raid:
        given: dict[str, Any] = {"source": alice_channel, "target": barn, "by": alice, "now": noon} | facts
        return announce_raid(**given)

    return act


def deliver() -> None:
    """What the worker does with the outbox."""
    while outbox.deliver_next(timezone.now()) is not None:
        pass


def lines_of(channel: Channel) -> list[tuple[str, dict[str, Any]]]:
    return list(Message.objects.filter(room__channel=channel).order_by("seq").values_list("kind", "facts"))


# The way of a raid


@pytest.mark.parametrize(("later_s", "is_sent"), [(9.9, False), (10, True), (11, True)])
def test_viewers_are_sent_at_the_end_of_the_countdown(
    announce: Announce, alice_channel: Channel, barn: Channel, noon: datetime, later_s: float, is_sent: bool
) -> None:
    raid = announce()
    Broadcast.objects.filter(channel=alice_channel).update(viewers=7)

    for _ in range(2):
        send_due_raids(now=noon + timedelta(seconds=later_s))
    deliver()

    raid.refresh_from_db()
    assert raid.state == (State.SENT if is_sent else State.COUNTING)
    came, left = {"channel": "alice", "viewers": raid.viewers}, {"channel": "barn", "viewers": raid.viewers}
    assert lines_of(barn) == [("raid", came)] * is_sent
    assert lines_of(alice_channel) == [("raid_out", left)] * is_sent


def test_an_event_that_comes_twice_is_one_line(announce: Announce, barn: Channel, noon: datetime) -> None:
    raid = announce()
    send_due_raids(now=noon + timedelta(seconds=10))
    deliver()
    for handler in (on_raid_came, on_raid_left):
        handler({"raid": raid.pk})

    assert len(lines_of(barn)) == 1
    assert Message.objects.count() == 2


def test_the_logs_of_both_channels_say_so(announce: Announce, barn: Channel, noon: datetime) -> None:
    announce()
    send_due_raids(now=noon + timedelta(seconds=10))

    rows = AuditEntry.objects.filter(action__contains="raid").exclude(action="chat: chose raids").order_by("pk")
    assert list(rows.values_list("action", "actor_name", "target_name", "facts__channel")) == [
        ("chat: announced raid", "alice", "alice", "barn"),
        ("chat: sent raid", "", "alice", "barn"),
        ("chat: was raided", "", "barn", "alice"),
    ]


@pytest.mark.parametrize("countdown_s", [5, 60])
def test_bounds_of_a_countdown_are_inclusive(announce: Announce, noon: datetime, countdown_s: int) -> None:
    assert announce(countdown_s=countdown_s).leaves_at == noon + timedelta(seconds=countdown_s)


@pytest.mark.parametrize("countdown_s", [-1, 0, 4, 61])
def test_a_countdown_has_bounds(announce: Announce, countdown_s: int) -> None:
    with pytest.raises(OutOfBounds):
        announce(countdown_s=countdown_s)


def test_a_raid_is_called_off(announce: Announce, alice: User, alice_channel: Channel, noon: datetime) -> None:
    raid = announce()
    cancel_raid(raid=raid, by=alice, now=noon)
    send_due_raids(now=noon + timedelta(seconds=20))
    deliver()

    raid.refresh_from_db()
    assert (raid.state, lines_of(alice_channel)) == (State.CANCELLED, [])
    with pytest.raises(NotARaid):
        cancel_raid(raid=raid, by=alice, now=noon)
    assert AuditEntry.objects.get(action="chat: cancelled raid").actor == alice


def test_the_database_keeps_one_raid_that_leads_elsewhere(
    announce: Announce, alice_channel: Channel, barn: Channel, noon: datetime
) -> None:
    announce()
    facts = {"source": alice_channel, "announced_at": noon, "leaves_at": noon}
    for target, more in ((barn, {}), (alice_channel, {"state": State.SENT, "over_at": noon})):
        with pytest.raises(IntegrityError), transaction.atomic():
            Raid.objects.create(target=target, **facts, **more)


# Consent, and what else is in the way


def _dark(barn: Channel, **_: Any) -> None:
    Broadcast.objects.filter(channel=barn).delete()


def _as(**facts: Any) -> Callable[..., None]:
    def change(barn: Channel, **_: Any) -> None:
        Broadcast.objects.filter(channel=barn).update(**facts)

    return change


def _takes(choice: str) -> Callable[..., None]:
    def change(barn: Channel, **_: Any) -> None:
        RaidSetup.objects.filter(channel=barn).update(raids_from=choice)

    return change


def _chose_nothing(barn: Channel, **_: Any) -> None:
    RaidSetup.objects.all().delete()


def _suspended(barn: Channel, **_: Any) -> None:
    Channel.objects.filter(pk=barn.pk).update(is_suspended=True)


def _blocks(barn: Channel, alice: User, bob: User, **_: Any) -> None:
    block(user=bob, other=alice)


def _is_blocked(barn: Channel, alice: User, bob: User, **_: Any) -> None:
    block(user=alice, other=bob)


def _bans(barn: Channel, alice: User, bob: User, noon: datetime) -> None:
    ban_user(channel=barn, user=alice, by=bob, now=noon)


def _source_dark(barn: Channel, **_: Any) -> None:
    Broadcast.objects.filter(channel__name="alice").delete()


def _source_suspended(barn: Channel, **_: Any) -> None:
    Channel.objects.filter(name="alice").update(is_suspended=True)


REFUSED = [
    (_dark, "isn't live"),
    (_as(visibility="rehearsal"), "isn't live for everybody"),
    (_as(visibility="unlisted"), "isn't live for everybody"),
    (_as(visibility="followers"), "isn't live for everybody"),
    (_as(visibility="gone-with-its-floor"), "isn't live for everybody"),
    (_takes(From.NONE), "doesn't take raids"),
    (_takes(From.FOLLOWED), "doesn't take raids"),
    (_chose_nothing, "doesn't take raids"),
    (_suspended, "doesn't take raids"),
    (_blocks, "doesn't take raids"),
    (_is_blocked, "doesn't take raids"),
    (_bans, "doesn't take raids"),
    (_source_dark, "while it is live"),
    (_source_suspended, "while it is live"),
]


@pytest.mark.parametrize(("change", "says"), REFUSED)
def test_a_raid_is_refused_with_a_clear_word(
    announce: Announce, barn: Channel, alice: User, bob: User, noon: datetime, change: Callable[..., None], says: str
) -> None:
    change(barn, alice=alice, bob=bob, noon=noon)
    barn.refresh_from_db()

    with pytest.raises(RaidRefused) as refusal:
        announce()
    assert says in str(refusal.value.message)
    assert not Raid.objects.exists()


@pytest.mark.parametrize(("change", "says"), REFUSED)
def test_what_changes_during_the_countdown_calls_it_off(
    announce: Announce, barn: Channel, alice: User, bob: User, noon: datetime, change: Callable[..., None], says: str
) -> None:
    raid = announce()
    change(barn, alice=alice, bob=bob, noon=noon)

    send_due_raids(now=noon + timedelta(seconds=10))
    deliver()

    raid.refresh_from_db()
    assert (raid.state, Message.objects.count()) == (State.CANCELLED, 0)


def test_an_interruption_is_no_place_to_begin_a_raid_but_no_end_of_one(
    announce: Announce, barn: Channel, noon: datetime
) -> None:
    raid = announce()
    Broadcast.objects.filter(channel=barn).update(state="interrupted", interrupted_at=noon)
    send_due_raids(now=noon + timedelta(seconds=10))
    raid.refresh_from_db()
    assert raid.state == State.SENT
    with pytest.raises(RaidRefused):
        announce(now=noon + timedelta(hours=1))


def test_a_channel_doesnt_raid_itself(announce: Announce, alice_channel: Channel) -> None:
    with pytest.raises(RaidRefused):
        announce(target=alice_channel)


def test_from_channels_that_the_owner_follows(
    announce: Announce, alice_channel: Channel, barn: Channel, bob: User
) -> None:
    RaidSetup.objects.all().delete()
    assert raids_from(barn).raids_from == From.FOLLOWED
    follow(channel=alice_channel, user=bob)

    assert announce().target == barn


@pytest.mark.parametrize("name", ["barn", "@barn", " BARN "])
def test_targets_are_named(barn: Channel, name: str) -> None:
    assert get_raid_target(name) == barn


@pytest.mark.parametrize("name", ["", "nobody", None, 7, ["barn"]])
def test_a_target_that_is_not_there(barn: Channel, name: object) -> None:
    with pytest.raises(NoSuchChannel):
        get_raid_target(name)
    Channel.objects.update(is_suspended=True)
    with pytest.raises(NoSuchChannel):
        get_raid_target("barn")


# How often


@pytest.mark.parametrize(("later_s", "is_refused"), [(0, True), (299, True), (300, False), (301, False)])
def test_one_raid_in_five_minutes(announce: Announce, noon: datetime, later_s: int, is_refused: bool) -> None:
    announce()
    send_due_raids(now=noon + timedelta(seconds=10))
    later = noon + timedelta(seconds=later_s)
    if is_refused:
        with pytest.raises(RaidedLately) as refusal:
            announce(now=later)
        assert refusal.value.facts["wait_s"] >= 300 - later_s
    else:
        announce(now=later)


def test_not_even_cancelled_ones_without_end(announce: Announce, alice: User, noon: datetime) -> None:
    for second in range(3):
        cancel_raid(raid=announce(now=noon + timedelta(seconds=second)), by=alice, now=noon)
    with pytest.raises(RaidedLately):
        announce(now=noon + timedelta(seconds=299))

    announce(now=noon + timedelta(seconds=300))


# Pages


@pytest.fixture
def live_barn(transactional_db: None, barn: Channel) -> Channel:
    return barn


def test_pages_count_down_and_late_ones_too(
    page: OpenPage, live_barn: Channel, alice_channel: Channel, alice: User
) -> None:
    Broadcast.objects.filter(channel=live_barn).update(is_mature=True, title="<b>Hay</b>")
    topic = f"chat.channel.{alice_channel.pk}"
    viewer, owner = page(), page(Cookie=log_in(alice))
    viewer.follow(topic)
    assert viewer.read("raid")["raid"] is None

    assert owner.ask("chat.raid", channel=alice_channel.pk, target="@barn")["result"] is None
    late = page()
    late.follow(topic)
    for one in (viewer, late):
        event = one.read("raid")
        told = ("counting", "barn", "<b>Hay</b>", "/@barn", True)
        assert tuple(event[name] for name in ("state", "name", "title", "url", "is_mature")) == told
        assert 5 < event["left_s"] <= 10

    assert owner.ask("chat.unraid", channel=alice_channel.pk)["result"] is None
    assert viewer.read("raid")["state"] == "cancelled"
    last = page()
    last.follow(topic)
    assert last.read("raid")["raid"] is None
    assert owner.ask("chat.unraid", channel=alice_channel.pk)["error"]["code"] == "not_a_raid"


def test_who_comes_back_soon_still_finds_the_link(
    page: OpenPage, live_barn: Channel, announce: Announce, alice_channel: Channel
) -> None:
    now = timezone.now()
    announce(now=now - timedelta(seconds=10))
    send_due_raids(now=now)
    back = page()
    back.follow(f"chat.channel.{alice_channel.pk}")
    assert back.read("raid")["state"] == "sent"
    Raid.objects.update(over_at=now - timedelta(seconds=31))
    later = page(Cookie=log_in(alice_channel.owner))
    later.follow(f"chat.channel.{alice_channel.pk}")
    assert later.read("raid")["raid"] is None


def test_viewers_are_those_who_have_the_page_open(page: OpenPage, live_barn: Channel, alice_channel: Channel) -> None:
    Broadcast.objects.filter(channel=alice_channel).update(viewers=7)
    topic = topic_of(Broadcast.objects.get(channel=alice_channel))
    for _ in range(2):
        page().follow(topic)

    wait_for("both to be counted", lambda: count_viewers(alice_channel) == 2)
    assert count_viewers(alice_channel) == 2


@pytest.mark.parametrize("command", ["raid", "unraid"])
def test_only_who_runs_the_channel_raids(
    page: OpenPage, live_barn: Channel, alice_channel: Channel, alice: User, bob: User, carol: User, command: str
) -> None:
    Role, now = ChannelRole.Role, timezone.now()
    appoint(channel=alice_channel, user=carol, role=Role.MODERATOR, by=alice, now=now)
    order = {"channel": alice_channel.pk, "target": "barn"}

    assert page().ask(f"chat.{command}", **order)["error"]["code"] == "not_logged_in"
    for person in (bob, carol):
        assert page(Cookie=log_in(person)).ask(f"chat.{command}", **order)["error"]["code"] == "not_an_editor"
    for channel in (None, "x", 10**30, [1], 0):
        reply = page(Cookie=log_in(bob)).ask(f"chat.{command}", channel=channel, target="barn")
        assert reply["error"]["code"] == "not_there"
    appoint(channel=alice_channel, user=carol, role=Role.EDITOR, by=alice, now=now)
    reply = page(Cookie=log_in(carol)).ask(f"chat.{command}", **order)
    assert reply.get("error", {}).get("code") == (None if command == "raid" else "not_a_raid")


# Typed, in the studio, in the admin, and forgotten


def type_in(channel: Channel, by: User, text: str, now: datetime) -> str:
    room = open_main_room(channel=channel)
    return slash.run(text, slash.Context(by, room, standing_of(by, channel, now), now))


@pytest.mark.parametrize(("text", "countdown_s"), [("/raid barn", 10), ("/raid @barn 30s", 30), ("/RAID barn 1m", 60)])
def test_raids_are_typed(
    alice_channel: Channel, barn: Channel, alice: User, noon: datetime, text: str, countdown_s: int
) -> None:
    assert "barn" in type_in(alice_channel, alice, text, noon)
    assert Raid.objects.get().leaves_at == noon + timedelta(seconds=countdown_s)
    assert type_in(alice_channel, alice, "/unraid", noon)
    assert not Raid.objects.counting().exists()


@pytest.mark.parametrize("text", ["/raid", "/raid nobody", "/raid barn 4", "/raid barn soon", "/raid alice", "/unraid"])
def test_what_makes_no_sense_is_explained(
    alice_channel: Channel, barn: Channel, alice: User, noon: datetime, text: str
) -> None:
    with pytest.raises(ChatError) as refusal:
        type_in(alice_channel, alice, text, noon)
    assert str(refusal.value.message)


def test_moderators_arent_offered_what_isnt_theirs(
    alice_channel: Channel, alice: User, carol: User, barn: Channel, noon: datetime
) -> None:
    appoint(channel=alice_channel, user=carol, role=ChannelRole.Role.MODERATOR, by=alice, now=noon)
    names = {
        user: {one.name for one in slash.commands_for(standing_of(user, alice_channel, noon))}
        for user in (alice, carol)
    }

    assert names[alice] - names[carol] == {"raid", "unraid"}
    with pytest.raises(ChatError):
        type_in(alice_channel, carol, "/raid barn", noon)


def test_the_studio_raids_and_says_from_whom(
    client: Client, alice: User, bob: User, alice_channel: Channel, barn: Channel
) -> None:
    client.force_login(alice)
    assert b'<option value="barn">' in client.get("/studio/alice/").content
    assert "no channel by that name" in client.post("/studio/alice/raid", {"target": "x"}, follow=True).content.decode()
    client.post("/studio/alice/raid", {"target": "barn"})
    assert "Cancel the raid" in client.get("/studio/alice/").content.decode()
    client.post("/studio/alice/raid/cancel")
    assert Raid.objects.get().state == State.CANCELLED
    assert "no raid" in client.post("/studio/alice/raid/cancel", follow=True).content.decode()

    client.post("/studio/alice/chat/raids", {"raid-raids_from": "none"})
    assert raids_from(alice_channel).raids_from == From.NONE
    client.post("/studio/alice/chat/raids", {"raid-raids_from": "strangers"})
    assert raids_from(alice_channel).raids_from == From.NONE
    assert AuditEntry.objects.filter(action="chat: chose raids", actor=alice).count() == 1


def test_the_admin_cancels(client: Client, erin: User, announce: Announce) -> None:
    raid = announce(now=timezone.now())
    client.force_login(erin)
    for _ in range(2):
        data = {"action": "cancel", "_selected_action": [raid.pk]}
        assert client.post("/admin/chat/raid/", data).status_code == 302

    assert AuditEntry.objects.filter(action="chat: cancelled raid", actor=erin).count() == 1


def test_a_deleted_account_takes_the_names_of_its_channels_along(
    announce: Announce, alice_channel: Channel, bob: User, noon: datetime
) -> None:
    announce()
    send_due_raids(now=noon + timedelta(seconds=10))
    deliver()

    forget(user=bob, by=bob, now=noon)

    assert not Raid.objects.exists()
    assert not Message.objects.filter(deleted_at__isnull=True).exists()
    assert not Message.objects.filter(facts__channel__isnull=False).exists()
