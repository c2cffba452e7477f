"""Small pictures of a recording for its seek bar: sheets of tiles, and a WebVTT file that says which tile is when. And
one larger picture, for lists.

Only the first fragments of the segments that are shown are read and decoded, each by an ffmpeg of its own: one that
fails costs one tile.
"""

import io
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from media_pipeline.boxes import MAX_BOX_BYTES
from media_pipeline.recording import Entry, Index

TILE = (160, 90)
POSTER, POSTER_FILE = (640, 360), "poster.webp"
# A broadcast's first pictures are often of somebody who looks for the button.
_POSTER_AT = 0.2
COLUMNS, ROWS = 10, 10
_EVERY_S, _MOST_TILES = 5.0, 300
# Sound that was carried along comes before the first picture.
_FRAGMENTS = 3
_DECODE_WITHIN_S = 20


@dataclass(frozen=True)
class Storyboard:
    """Sheets by name, and the times in seconds that their tiles begin at, row by row. `poster` is a file, or empty."""

    sheets: tuple[str, ...]
    times: tuple[float, ...]
    poster: str = ""


def make_storyboard(
    root: Path, media: Path, index: Index, *, on_progress: Callable[[int, int], None] = lambda done, of: None
) -> Storyboard | None:
    """Draw the sheets of a recording into its directory; None when there is no picture in it."""
    chosen = list(choose(index))
    tiles: list[tuple[float, Image.Image]] = []
    for number, (at, entry) in enumerate(chosen):
        picture = _decode(media, entry, TILE)
        if picture is not None:
            tiles.append((at, picture))
        on_progress(number + 1, len(chosen))
    if not tiles:
        return None
    names = []
    for number in range(0, len(tiles), COLUMNS * ROWS):
        name = f"storyboard-{number // (COLUMNS * ROWS)}.webp"
        _draw([picture for _, picture in tiles[number : number + COLUMNS * ROWS]], root / name)
        names.append(name)
    poster = _decode(media, chosen[int(len(chosen) * _POSTER_AT)][1], POSTER)
    if poster is not None:
        _save(poster, root / POSTER_FILE)
    times = tuple(round(at, 3) for at, _ in tiles)
    return Storyboard(tuple(names), times, POSTER_FILE if poster is not None else "")


def choose(index: Index) -> Iterator[tuple[float, Entry]]:
    """The entries to show, each with its time: one each five seconds, further apart in a long recording."""
    every = max(_EVERY_S, index.duration_s / _MOST_TILES)
    at, due = 0.0, 0.0
    for entry in index.entries:
        if entry.media is not None and at >= due - 0.5:
            yield at, entry
            due = at + every
        at += entry.duration


def _decode(media: Path, entry: Entry, size: tuple[int, int]) -> Image.Image | None:
    """The first picture of a segment, within this size."""
    width, height = size
    fit = (
        f"scale={width}:{height}:force_original_aspect_ratio=decrease,pad={width}:{height}:(ow-iw)/2:(oh-ih)/2,setsar=1"
    )
    command = ["ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error", "-threads", "1", "-skip_frame", "nokey"]
    command += ["-f", "mp4", "-i", "pipe:0", "-an", "-frames:v", "1", "-vf", fit, "-f", "image2pipe"]
    command += ["-c:v", "ppm", "pipe:1"]
    try:
        done = subprocess.run(
            command, input=_first_fragments(media, entry), capture_output=True, check=True, timeout=_DECODE_WITHIN_S
        )
        return Image.open(io.BytesIO(done.stdout), formats=("PPM",)).convert("RGB")
    except (subprocess.SubprocessError, OSError):
        return None


def _first_fragments(media: Path, entry: Entry) -> bytes:
    assert entry.media is not None
    with media.open("rb") as file:
        data = b""
        if entry.init is not None:
            file.seek(entry.init.offset)
            data = file.read(entry.init.size)
        file.seek(entry.media.offset)
        for _ in range(2 * _FRAGMENTS):
            head = file.read(8)
            size = int.from_bytes(head[:4])
            if not 8 <= size <= MAX_BOX_BYTES or file.tell() - 8 + size > entry.media.end:
                break
            data += head + file.read(size - 8)
    return data


def _draw(pictures: Sequence[Image.Image], path: Path) -> None:
    rows = -(-len(pictures) // COLUMNS)
    sheet = Image.new("RGB", (TILE[0] * min(COLUMNS, len(pictures)), TILE[1] * rows))
    for number, picture in enumerate(pictures):
        sheet.paste(picture, (TILE[0] * (number % COLUMNS), TILE[1] * (number // COLUMNS)))
    _save(sheet, path)


def _save(picture: Image.Image, path: Path) -> None:
    draft = path.with_name(f"{path.name}.tmp")
    picture.save(draft, "WEBP", quality=70)
    draft.rename(path)


def render_vtt(chapters: Iterable[tuple[Storyboard | None, Sequence[str], float]]) -> str:
    """WebVTT over recordings that follow each other: each one's storyboard, its sheets' addresses, and its length."""
    lines, offset = ["WEBVTT", ""], 0.0
    for board, addresses, length in chapters:
        times = board.times if board else ()
        for number, at in enumerate(times):
            end = times[number + 1] if number + 1 < len(times) else max(length, at + 0.001)
            sheet, tile = divmod(number, COLUMNS * ROWS)
            x, y = TILE[0] * (tile % COLUMNS), TILE[1] * (tile // COLUMNS)
            lines.append(f"{_clock(offset + at)} --> {_clock(offset + end)}")
            lines += [f"{addresses[sheet]}#xywh={x},{y},{TILE[0]},{TILE[1]}", ""]
        offset += length
    return "\n".join(lines)


def _clock(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
