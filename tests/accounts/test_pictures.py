import io

import pytest
from django.core.files.storage import default_storage
from django.test import TestCase
from PIL import Image

from accounts.actions import set_avatar
from accounts.errors import BadPicture
from accounts.models import User
from accounts.pictures import AVATAR, read_picture, store_picture
from tests.house import picture_bytes


def read(data: bytes) -> Image.Image:
    return read_picture(io.BytesIO(data), len(data))


def test_a_picture_is_made_anew_in_two_sizes_without_what_rides_along() -> None:
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    name = store_picture(read(picture_bytes((900, 300), "JPEG", exif=exif)), AVATAR)

    for suffix, size in (("large", (320, 320)), ("small", (96, 96))):
        with default_storage.open(f"{name}-{suffix}.webp") as file:
            data = file.read()
        stored = Image.open(io.BytesIO(data))
        assert (stored.format, stored.size) == ("WEBP", size)
        assert not stored.getexif()
        assert b"where I live" not in data


def test_of_an_animation_the_first_frame_stays() -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])

    name = store_picture(read(out.getvalue()), AVATAR)

    with default_storage.open(f"{name}-small.webp") as file:
        stored = Image.open(io.BytesIO(file.read()))
    assert getattr(stored, "n_frames", 1) == 1
    red, _green, blue = stored.convert("RGB").getpixel((40, 40))  # type: ignore[misc]
    assert red > blue


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a" + b"\0" * 40,
        picture_bytes()[:60],
        picture_bytes(kind="TIFF"),
        picture_bytes(kind="BMP"),
    ],
    ids=["nothing", "svg", "broken gif", "cut png", "tiff", "bmp"],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(BadPicture):
        read(data)


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    with pytest.raises(BadPicture):
        read(picture_bytes((6000, 5000), compress_level=9))
    with pytest.raises(BadPicture):
        read_picture(io.BytesIO(picture_bytes()), 9 * 1024 * 1024)


@pytest.mark.django_db
def test_the_old_picture_goes_when_a_new_one_comes(alice: User) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        set_avatar(user=alice, picture=read(picture_bytes()))
    old = alice.avatar
    assert default_storage.exists(f"{old}-small.webp")

    with TestCase.captureOnCommitCallbacks(execute=True):
        set_avatar(user=alice, picture=read(picture_bytes()))

    assert alice.avatar != old
    assert not default_storage.exists(f"{old}-small.webp")
    assert not default_storage.exists(f"{old}-large.webp")
    assert default_storage.exists(f"{alice.avatar}-small.webp")
