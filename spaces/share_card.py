"""The picture that links to a Space show elsewhere: its title, who hosts it, and when it is (Open Graph)."""

import colorsys
import io
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC

from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError
from redis import RedisError

from accounts.hues import HUES, hue_of
from accounts.models import User
from accounts.pictures import LARGE
from spaces.models import Space

WIDTH, HEIGHT = 1200, 630
KEPT_S = 3600
_FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans"
_NIGHT, _PAPER, _MIST, _LIVE = "#0f1113", "#edeae4", "#a3a8ae", "#e5484d"
_EDGE, _FACE, _MOST_LINES = 72, 132, 3


def kept(space: Space) -> bytes | None:
    """The picture of the Space as it is now, if it was drawn already and the cache is there."""
    try:
        card: bytes | None = cache.get(_key(space))
    except RedisError:
        return None
    return card


def draw(space: Space) -> bytes:
    """A PNG, which is kept until the Space changes."""
    card = _draw(space)
    with suppress(RedisError):
        cache.set(_key(space), card, KEPT_S)
    return card


def _key(space: Space) -> str:
    return f"space-card:{space.pk}:{space.sequence}:{space.host_id}:{space.host.avatar}"


def _draw(space: Space) -> bytes:
    """In the language that is spoken there, where the house has it."""
    language = space.language if space.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    image = Image.new("RGB", (WIDTH, HEIGHT), _NIGHT)
    pen = ImageDraw.Draw(image)
    with translation.override(language):
        _draw_when(pen, space)
    _draw_title(pen, space.title)
    _draw_host(image, pen, space)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=6)
    return out.getvalue()


def _draw_when(pen: ImageDraw.ImageDraw, space: Space) -> None:
    text, colour = _when(space), _LIVE if space.is_live else _MIST
    if space.is_live:
        pen.ellipse((_EDGE, _EDGE + 6, _EDGE + 24, _EDGE + 30), fill=_LIVE)
    pen.text((_EDGE + (40 if space.is_live else 0), _EDGE), text, colour, _font(30, bold=True))


def _when(space: Space) -> str:
    if space.is_live:
        return _("Live now")
    if space.state == Space.State.ENDED:
        return _("This Space is over.")
    if space.state == Space.State.CANCELLED:
        return _("This Space was called off.")
    # Everybody sees the same picture, wherever the one was who had it drawn.
    return f"{date_format(space.starts_at.astimezone(UTC), 'DATETIME_FORMAT')} UTC"


def _draw_title(pen: ImageDraw.ImageDraw, title: str) -> None:
    font = _font(64, bold=True)
    lines = list(_lines(title, font, WIDTH - 2 * _EDGE))
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], f"{lines[_MOST_LINES - 1].rstrip()[:-1]}…"]
    for number, line in enumerate(lines):
        pen.text((_EDGE, 150 + 84 * number), line, _PAPER, font)


def _lines(text: str, font: ImageFont.FreeTypeFont, width: int) -> Iterator[str]:
    """As many words in each as fit; a word that is too long for one is broken."""
    line = ""
    for word in text.split():
        if line and font.getlength(f"{line} {word}") > width:
            yield line
            line = ""
        line = f"{line} {word}".strip()
        while font.getlength(line) > width:
            fits = next(count for count in range(len(line), 0, -1) if font.getlength(line[:count]) <= width)
            yield line[:fits]
            line = line[fits:]
    if line:
        yield line


def _draw_host(image: Image.Image, pen: ImageDraw.ImageDraw, space: Space) -> None:
    top, host = HEIGHT - _EDGE - _FACE, space.host
    box = (_EDGE, top, _EDGE + _FACE, top + _FACE)
    face = _avatar(host)
    if face is None:
        pen.ellipse(box, fill=_colour(hue_of(host.username)))
        middle = (_EDGE + _FACE / 2, top + _FACE / 2)
        pen.text(middle, host.username[:1].upper(), "white", _font(60, bold=True), anchor="mm")
    else:
        mask = Image.new("L", (_FACE, _FACE))
        ImageDraw.Draw(mask).ellipse((0, 0, _FACE - 1, _FACE - 1), fill=255)
        image.paste(face, box[:2], mask)
    left = _EDGE + _FACE + 32
    name = next(_lines(host.shown_name, _font(40, bold=True), WIDTH - left - _EDGE), host.username)
    pen.text((left, top + 18), name, _PAPER, _font(40, bold=True))
    pen.text((left, top + 76), f"@{space.channel.name}", _MIST, _font(30))


def _avatar(host: User) -> Image.Image | None:
    """What was stored when it was uploaded; None for none, or when the storage is away."""
    if not host.avatar:
        return None
    try:
        with default_storage.open(f"{host.avatar}-{LARGE}.webp") as file:
            return Image.open(file, formats=["WEBP"]).convert("RGB").resize((_FACE, _FACE), Image.Resampling.LANCZOS)
    except (OSError, UnidentifiedImageError):
        return None


def _colour(hue: int) -> tuple[int, int, int]:
    red, green, blue = colorsys.hls_to_rgb(hue / HUES, 0.38, 0.4)
    return round(red * 255), round(green * 255), round(blue * 255)


def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(f"{_FONT}{'-Bold' if bold else ''}.ttf", size)
