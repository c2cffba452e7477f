"""The picture of a Space that is also on its channel: its title, who is on the stage, and who is heard."""

import colorsys
import io
from collections.abc import Collection
from dataclasses import dataclass
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont

from accounts.hues import HUES

WIDTH, HEIGHT = 960, 540
_FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans"
_NIGHT, _PAPER, _MIST, _RING = "#0f1113", "#edeae4", "#a3a8ae", "#5fc48f"
_ACROSS, _FACE = 5, 92
_LONGEST_NAME = 14


@dataclass(frozen=True)
class Face:
    """Somebody on the stage."""

    user: int
    name: str
    hue: int


def draw(title: str, channel: str, faces: Collection[Face], talking: Collection[int]) -> bytes:
    """A PNG. Up to fifteen faces, each with its initial; who talks has a ring."""
    image = Image.new("RGB", (WIDTH, HEIGHT), _NIGHT)
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(wrap(title, 44)[:2]):
        pen.text((48, 36 + 44 * number), line, _PAPER, _font(34, bold=True))
    pen.text((48, HEIGHT - 52), f"@{channel}", _MIST, _font(22))
    for index, face in enumerate(list(faces)[: 3 * _ACROSS]):
        row, column = divmod(index, _ACROSS)
        _draw_face(pen, face, 48 + 176 * column, 150 + 118 * row, is_talking=face.user in talking)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _draw_face(pen: ImageDraw.ImageDraw, face: Face, left: int, top: int, *, is_talking: bool) -> None:
    size = _FACE - 24
    if is_talking:
        pen.ellipse((left - 5, top - 5, left + size + 5, top + size + 5), fill=_RING)
    pen.ellipse((left, top, left + size, top + size), fill=_colour(face.hue))
    pen.text((left + size / 2, top + size / 2), face.name[:1].upper(), "white", _font(30, bold=True), anchor="mm")
    name = face.name if len(face.name) <= _LONGEST_NAME else f"{face.name[: _LONGEST_NAME - 1]}…"
    pen.text((left + size / 2, top + size + 18), name, _PAPER, _font(16), anchor="mm")


def _colour(hue: int) -> tuple[int, int, int]:
    red, green, blue = colorsys.hls_to_rgb(hue / HUES, 0.38, 0.4)
    return round(red * 255), round(green * 255), round(blue * 255)


def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(f"{_FONT}{'-Bold' if bold else ''}.ttf", size)
