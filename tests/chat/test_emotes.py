import io
from datetime import datetime

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.errors import BadPicture
from accounts.models import User
from chat import history
from chat.actions import add_emote, change_room, remove_emote
from chat.emote_pictures import HEIGHT, MAX_FRAMES, read_emote
from chat.errors import EmotesOnly, OutOfBounds
from chat.models import Emote, Room
from monetization.subscriptions import grant
from tests.chat.conftest import Post
from tests.house import picture_bytes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


def animation(frames: int, size: tuple[int, int] = (56, 56)) -> bytes:
    out = io.BytesIO()
    pictures = [Image.effect_noise(size, 20 + number) for number in range(frames)]
    pictures[0].save(out, "GIF", save_all=True, append_images=pictures[1:], duration=40, loop=0)
    return out.getvalue()


def drawn(data: bytes):  # type: ignore[no-untyped-def]
    return read_emote(io.BytesIO(data), len(data))


@pytest.fixture
def wave(room: Room, alice: User) -> Emote:
    return add_emote(
        channel=room.channel,
        by=alice,
        code="aliWave",
        drawing=drawn(picture_bytes((200, 200))),
        is_for_subscribers=False,
    )


def test_an_upload_is_drawn_anew(wave: Emote) -> None:
    with Image.open(default_storage.open(wave.picture)) as stored:
        assert (stored.format, stored.size) == ("WEBP", (HEIGHT, HEIGHT))


def test_animations_go_on_moving(room: Room, alice: User) -> None:
    drawing = drawn(animation(5))
    emote = add_emote(channel=room.channel, by=alice, code="spin", drawing=drawing, is_for_subscribers=False)

    with Image.open(default_storage.open(emote.picture)) as stored:
        assert (stored.format, stored.n_frames, emote.is_animated) == ("WEBP", 5, True)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        picture_bytes((15, 15)),
        picture_bytes((1025, 1025)),
        picture_bytes((400, 100)),
        animation(MAX_FRAMES + 1, (16, 16)),
        picture_bytes((64, 64))[:60],
    ],
)
def test_what_is_no_emote_is_refused(data: bytes) -> None:
    with pytest.raises(BadPicture):
        drawn(data)


def test_bounds_of_an_upload_are_inclusive() -> None:
    for size in ((16, 16), (1024, 1024), (300, 100)):
        assert drawn(picture_bytes(size)).frames
    with pytest.raises(BadPicture):
        read_emote(io.BytesIO(picture_bytes()), 1024 * 1024 + 1)


@pytest.mark.parametrize("code", ["ab", "a" * 25, "with space", "<b>", "1st", "émote", "aliWave"])
def test_words_of_emotes_are_plain_and_once(wave: Emote, alice: User, code: str) -> None:
    with pytest.raises(OutOfBounds):
        add_emote(channel=wave.channel, by=alice, code=code, drawing=drawn(picture_bytes()), is_for_subscribers=False)


def test_lines_carry_the_emotes_they_use(wave: Emote, room: Room, post: Post, bob: User, noon: datetime) -> None:
    post(bob, "hello aliWave aliwave")

    assert history.last_lines(room, noon)[0]["facts"] == {"emotes": {"aliWave": wave.url}}


def test_subscribers_own_are_words_to_others(
    wave: Emote, room: Room, post: Post, bob: User, alice: User, noon: datetime
) -> None:
    Emote.objects.update(is_for_subscribers=True)
    change_room(room=room, by=alice, changes={"is_emote_only": True}, now=noon)
    with pytest.raises(EmotesOnly):
        post(bob, "aliWave")
    grant(user=bob, channel=room.channel, starts_at=noon)

    assert post(bob, "aliWave 😀").facts == {"emotes": {"aliWave": wave.url}}


def test_the_studio_adds_and_removes_them(room: Room, alice: User, client: Client) -> None:
    client.force_login(alice)
    upload = SimpleUploadedFile("x.png", picture_bytes((64, 64)))
    assert client.post("/studio/alice/chat/emotes", {"code": "hey", "picture": upload}).status_code == 302
    emote = Emote.objects.get()
    assert b"hey" in client.get("/studio/alice/chat").content
    bad = SimpleUploadedFile("x.png", b"nonsense")
    answer = client.post("/studio/alice/chat/emotes", {"code": "other", "picture": bad})
    assert (answer.status_code, b"no JPEG" in answer.content) == (422, True)

    client.post(f"/studio/alice/chat/emotes/{emote.pk}/remove")
    assert not Emote.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_removed_leaves_no_file(room: Room, alice: User, wave: Emote) -> None:
    assert default_storage.exists(wave.picture)
    remove_emote(emote=wave, by=alice)
    assert not default_storage.exists(wave.picture)
