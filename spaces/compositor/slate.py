"""The picture of a Space in which nobody shows video: its title, who is on the stage, and who is heard."""

import colorsys
from functools import lru_cache
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont

from spaces.compositor.scene import SPACE, Face, Scene

WIDTH, HEIGHT = SPACE.width, SPACE.height
# As many as `accounts.hues` knows.
_HUES = 12
_FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans"
_NIGHT, _DUSK, _PAPER, _MIST, _RING = "#0f1113", "#1b2026", "#edeae4", "#a3a8ae", "#5fc48f"
# Drawn larger and made smaller at the end, so that circles are round.
_SCALE = 2
_MARGIN, _TOP, _BOTTOM = 48, 128, 474
# How many fit, in how many rows, how large; the last ones are the most that a stage holds.
_SHAPES = ((1, 1, 190), (2, 1, 170), (3, 1, 150), (5, 1, 112), (10, 2, 96), (15, 3, 66))
_LONGEST_NAME = 15


def draw(scene: Scene) -> Image.Image:
    """Up to fifteen faces; who talks has a ring."""
    image = _ground(scene.title, scene.channel).copy()
    pen = ImageDraw.Draw(image)
    faces = scene.faces[: _SHAPES[-1][0]]
    if faces:
        _most, rows, size = next(shape for shape in _SHAPES if len(faces) <= shape[0])
        across = -(-len(faces) // rows)
        for row in range(rows):
            in_row = faces[row * across : (row + 1) * across]
            middle = _TOP + (_BOTTOM - _TOP) * (2 * row + 1) / (2 * rows) - 14
            for column, face in enumerate(in_row):
                left = WIDTH / 2 + (column - (len(in_row) - 1) / 2) * (WIDTH - 2 * _MARGIN) / max(across, 3)
                _draw_face(image, pen, face, (left, middle), size, is_talking=face.user in scene.talking)
    return image.reduce(_SCALE)


@lru_cache(maxsize=2)
def _ground(title: str, channel: str) -> Image.Image:
    """What stays while people talk."""
    image = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE), _NIGHT)
    pen = ImageDraw.Draw(image)
    pen.rectangle((*_at(0, HEIGHT - 64), *_at(WIDTH, HEIGHT)), fill=_DUSK)
    lines = wrap(title, 42) or [""]
    if len(lines) > 2:
        lines[1] = f"{lines[1][:41]}…"
    for number, line in enumerate(lines[:2]):
        pen.text(_at(_MARGIN, 30 + 44 * number), line, _PAPER, _font(34, bold=True))
    pen.text(_at(_MARGIN, HEIGHT - 32), f"@{channel}", _PAPER, _font(22), anchor="lm")
    pen.text(_at(WIDTH - _MARGIN, HEIGHT - 32), "Estrade", _MIST, _font(18), anchor="rm")
    return image


def _draw_face(
    image: Image.Image,
    pen: ImageDraw.ImageDraw,
    face: Face,
    middle: tuple[float, float],
    size: int,
    *,
    is_talking: bool,
) -> None:
    x, y = middle
    for radius, colour in ((size / 2 + 7, _RING), (size / 2 + 3, _NIGHT)) if is_talking else ():
        pen.ellipse(_around(x, y, radius), fill=colour)
    avatar = _avatar(face.avatar, size * _SCALE) if face.avatar else None
    if avatar is None:
        pen.ellipse(_around(x, y, size / 2), fill=_colour(face.hue))
        pen.text(_at(x, y), face.name[:1].upper(), "white", _font(size // 2.4, bold=True), anchor="mm")
    else:
        image.paste(avatar, _at(x - size / 2, y - size / 2), avatar)
    pen.text(_at(x, y + size / 2 + 22), _short(face.name), _PAPER, _font(18), anchor="mm")


@lru_cache(maxsize=32)
def _avatar(path: str, size: int) -> Image.Image | None:
    """Somebody's own picture as a circle; None when it can't be read."""
    try:
        with Image.open(path) as file:
            picture = file.convert("RGB").resize((size, size), Image.Resampling.LANCZOS)
    except OSError:
        return None
    mask = Image.new("L", (size, size))
    ImageDraw.Draw(mask).ellipse((0, 0, size - 1, size - 1), fill=255)
    picture.putalpha(mask)
    return picture


def draw_label(name: str) -> Image.Image:
    """Somebody's name, to be laid over their picture."""
    font = _font(20 / _SCALE, bold=True)
    width = round(font.getlength(_short(name))) + 24
    image = Image.new("RGB", (width + width % 2, 36), _NIGHT)
    ImageDraw.Draw(image).text((12, 18), _short(name), _PAPER, font, anchor="lm")
    return image


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _colour(hue: int) -> tuple[int, int, int]:
    red, green, blue = colorsys.hls_to_rgb(hue / _HUES, 0.38, 0.4)
    return round(red * 255), round(green * 255), round(blue * 255)


def _at(x: float, y: float) -> tuple[int, int]:
    return round(x * _SCALE), round(y * _SCALE)


def _around(x: float, y: float, radius: float) -> tuple[int, int, int, int]:
    return *_at(x - radius, y - radius), *_at(x + radius, y + radius)


@lru_cache
def _font(size: float, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(f"{_FONT}{'-Bold' if bold else ''}.ttf", size * _SCALE)
