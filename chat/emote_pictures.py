"""Emotes from outside: opened by content, bounded in bytes, pixels and frames, and drawn anew as WebP."""

import io
import secrets
from dataclasses import dataclass
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageSequence

from accounts.errors import BadPicture
from accounts.pictures import FOLDER, SMALL, opened

MAX_BYTES = 1024 * 1024
MAX_SIDE = 1024
MAX_FRAMES = 60
# What all frames of an animation have together: a small file can unpack to very many.
MAX_PIXELS = 16_000_000
HEIGHT, WIDEST = 112, 3 * 112
_SHORTEST_FRAME_MS, _USUAL_FRAME_MS = 20, 100


@dataclass(frozen=True)
class Drawing:
    """Frames of one size, and for how long each is shown."""

    frames: list[Image.Image]
    durations_ms: list[int]

    @property
    def is_animated(self) -> bool:
        return len(self.frames) > 1


def read_emote(upload: IO[bytes], size: int) -> Drawing:
    """The picture or animation in an upload, scaled to an emote's height. Raises BadPicture."""
    if size > MAX_BYTES:
        raise BadPicture(_("An emote is at most 1 MB."))
    with opened(upload) as image:
        _check_bounds(image)
        return _draw(image)


def _check_bounds(image: Image.Image) -> None:
    """Read from the head of the file, before anything is unpacked."""
    if not min(image.size) >= 16 or max(image.size) > MAX_SIDE or image.width > 3 * image.height:
        raise BadPicture(_("An emote is 16 to 1024 pixels high, and at most three times as wide."))
    frames = getattr(image, "n_frames", 1)
    if frames > MAX_FRAMES or frames * image.width * image.height > MAX_PIXELS:
        raise BadPicture(_("An animation has at most 60 frames, and no very large ones."))


def _draw(image: Image.Image) -> Drawing:
    scale = HEIGHT / image.height
    size = (max(1, min(WIDEST, round(image.width * scale))), HEIGHT)
    frames: list[Image.Image] = []
    durations: list[int] = []
    for frame in ImageSequence.Iterator(image):
        bare = Image.new("RGBA", size)
        bare.paste(frame.convert("RGBA").resize(size, Image.Resampling.LANCZOS))
        frames.append(bare)
        told = frame.info.get("duration") or _USUAL_FRAME_MS
        durations.append(max(_SHORTEST_FRAME_MS, int(told)))
    return Drawing(frames, durations)


def store_emote(drawing: Drawing) -> str:
    """Write a drawing as WebP into the default storage; answers its name there."""
    out = io.BytesIO()
    first, *rest = drawing.frames
    if rest:
        animation = {"save_all": True, "append_images": rest, "duration": drawing.durations_ms, "loop": 0}
        first.save(out, "WEBP", quality=80, method=2, **animation)
    else:
        first.save(out, "WEBP", quality=86, method=4)
    return default_storage.save(f"{FOLDER}/emotes/{secrets.token_hex(12)}-{SMALL}.webp", ContentFile(out.getvalue()))
