import threading
import uuid
from datetime import datetime

import pytest
from django.db import OperationalError, connection, transaction

from accounts.actions import block
from accounts.models import Channel, User
from chat import history
from chat.actions import ban_user, open_main_room, post_message
from chat.errors import BadText, Blocked, NotAMessage
from chat.models import Message, Room
from tests.chat.conftest import Post

pytestmark = pytest.mark.django_db


def test_lines_are_numbered_from_one_without_a_hole(post: Post, room: Room, alice: User, bob: User) -> None:
    seqs = [post(author, f"line {number}").seq for number, author in enumerate((alice, bob, bob, alice))]

    assert seqs == [1, 2, 3, 4]


def test_a_line_sent_twice_is_written_once(post: Post, bob: User) -> None:
    client_id = uuid.uuid4()
    first = post(bob, "Hello", client_id=client_id)
    second = post(bob, "Hello", client_id=client_id)

    assert first.pk == second.pk
    assert Message.objects.count() == 1


def test_two_people_may_choose_the_same_client_id(post: Post, alice: User, bob: User) -> None:
    client_id = uuid.uuid4()

    assert post(alice, client_id=client_id).pk != post(bob, client_id=client_id).pk


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  two \n lines\t", "two lines"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\u0000b\u0007", "ab"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("Z" + "\u0335" * 40, "Z" + "\u0335" * 4),
        ("é", "é"),
    ],
)
def test_text_is_cleaned(post: Post, bob: User, typed: str, kept: str) -> None:
    assert post(bob, typed).text == kept


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "\u200d", "\u2800", "x" * 501, "x" * 5000, None, 7, ["x"]])
def test_what_is_no_line_is_refused(post: Post, bob: User, text: object) -> None:
    with pytest.raises(BadText):
        post(bob, text=text)


@pytest.mark.parametrize("text", ["x" * 499, "x" * 500, "😀" * 500])
def test_a_line_may_have_500_characters(post: Post, bob: User, text: str) -> None:
    assert post(bob, text).text == text


def test_a_reply_quotes_what_it_answers(post: Post, alice: User, bob: User, room: Room, noon: datetime) -> None:
    question = post(alice, "How are you?")
    post(bob, "Fine", reply_seq=question.seq)

    assert history.last_lines(room, noon)[-1]["reply"] == {"seq": 1, "name": "alice", "text": "How are you?"}
    Message.objects.filter(pk=question.pk).update(deleted_at=noon)
    assert history.last_lines(room, noon)[-1]["reply"] == {"seq": 1, "name": "", "text": ""}


@pytest.mark.parametrize("seq", [99, 0, -1, "x", True, 2**80, [1]])
def test_a_reply_to_nothing_is_refused(post: Post, bob: User, seq: object) -> None:
    with pytest.raises(NotAMessage):
        post(bob, reply_seq=seq)


def test_a_reply_stays_within_its_room(post: Post, alice: User, bob: User) -> None:
    post(alice)
    elsewhere = open_main_room(channel=Channel.objects.create(name="bob", owner=bob))

    with pytest.raises(NotAMessage):
        post(bob, room=elsewhere, reply_seq=1)


def test_whom_the_owner_blocks_writes_no_more(post: Post, alice: User, bob: User) -> None:
    block(user=alice, other=bob)

    with pytest.raises(Blocked):
        post(bob)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_a_number_each(room: Room, alice: User, bob: User, carol: User, noon: datetime) -> None:
    def write(author: User) -> None:
        try:
            for number in range(10):
                post_message(room=room, author=author, text=f"line {number}", now=noon, client_id=uuid.uuid4())
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(author,)) for author in (alice, bob, carol)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(Message.objects.values_list("seq", flat=True)) == list(range(1, 31))


@pytest.mark.django_db(transaction=True)
def test_who_is_banned_in_the_very_moment_of_writing(room: Room, alice: User, bob: User, noon: datetime) -> None:
    """Who writes holds the room and needs the author's row at the end; who bans holds that row and needs the room."""
    post_message(room=room, author=bob, text="before", now=noon)
    failed: list[Exception] = []

    def ban() -> None:
        try:
            ban_user(channel=room.channel, user=bob, by=alice, reason="", now=noon)
        except OperationalError as error:
            failed.append(error)
        finally:
            connection.close()

    banning = threading.Thread(target=ban)
    with transaction.atomic():
        post_message(room=room, author=bob, text="meanwhile", now=noon)
        banning.start()
        while not _waits_for_a_lock():
            assert banning.is_alive(), failed
    banning.join()

    assert not failed
    assert not Message.objects.filter(author=bob, deleted_at=None).exists()


def _waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() is not None
