"""Pictures from outside: opened by content, bounded, cut to shape and written anew as WebP.

What is stored was made here, pixel by pixel: no metadata, no second frame, nothing that rides along.
"""

import io
import secrets
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from accounts.errors import BadPicture

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 24_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
LARGE, SMALL = "large", "small"
FOLDER = "pictures"


@dataclass(frozen=True)
class Shape:
    """What a picture is for, and its two sizes."""

    folder: str
    large: tuple[int, int]
    small: tuple[int, int]


AVATAR = Shape("avatars", (320, 320), (96, 96))
BANNER = Shape("banners", (1600, 400), (800, 200))


@contextmanager
def opened(upload: IO[bytes]) -> Iterator[Image.Image]:
    """What an upload is by its content, for as long as it is read. Raises BadPicture for whatever is wrong with it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield Image.open(upload, formats=FORMATS)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError) as error:
        raise BadPicture(_("This is no JPEG, PNG, WebP or GIF picture.")) from error


def read_picture(upload: IO[bytes], size: int) -> Image.Image:
    """The picture in an upload, upright and in RGB, of an animation the first frame. Raises BadPicture."""
    if size > MAX_BYTES:
        raise BadPicture(_("The picture is larger than 8 MB."))
    with opened(upload) as image:
        if image.width * image.height > MAX_PIXELS:
            raise BadPicture(_("The picture has more than 24 megapixels."))
        image.load()
        upright = ImageOps.exif_transpose(image)
        return upright.convert("RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB")


def encode(image: Image.Image, size: tuple[int, int]) -> bytes:
    """WebP of exactly this size, cut around the middle."""
    fitted = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    bare = Image.new(fitted.mode, fitted.size)
    bare.paste(fitted)
    out = io.BytesIO()
    bare.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()


def store_picture(image: Image.Image, shape: Shape) -> str:
    """Both sizes in the default storage; answers the name that a row keeps."""
    name = f"{FOLDER}/{shape.folder}/{secrets.token_hex(12)}"
    for suffix, size in ((LARGE, shape.large), (SMALL, shape.small)):
        default_storage.save(f"{name}-{suffix}.webp", ContentFile(encode(image, size)))
    return name


def remove_on_commit(name: str) -> None:
    """Delete a picture that no row names any more."""
    if name:
        transaction.on_commit(lambda: _remove(name))


def _remove(name: str) -> None:
    for suffix in (LARGE, SMALL):
        default_storage.delete(f"{name}-{suffix}.webp")


def picture_url(name: str, size: str) -> str:
    """Where a stored picture is served; nothing for none."""
    return default_storage.url(f"{name}-{size}.webp") if name else ""
