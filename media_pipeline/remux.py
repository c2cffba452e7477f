"""A recording as MP4 files to keep: the same pictures and sound, put by ffmpeg into a file that starts at once.

A broadcast that was interrupted has several clocks, and its stretches are joined one behind the other. Only where the
picture's size or the codec changes does a file end, since an MP4 has one of each.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from media_pipeline.boxes import MalformedMedia, parse_init
from media_pipeline.recording import ByteRange, Entry, Index

Run = Sequence[Entry]
_LIST = "download.list"
# What a disk reads and writes in a second at the very least.
_SLOWEST_BYTES_S = 2_000_000


class RemuxFailed(Exception):
    """ffmpeg could not make a file; its last words are the message."""


def make_downloads(root: Path, media: str, index: Index) -> list[str]:
    """Write the recording's MP4 files into its directory and answer their names. Raises RemuxFailed."""
    groups = [[run for _, run in group] for _, group in groupby(_shaped_runs(root / media, index), key=lambda r: r[0])]
    names = []
    for number, runs in enumerate(groups, 1):
        name = "download.mp4" if len(groups) == 1 else f"download-{number}.mp4"
        _join(root, media, runs, name)
        names.append(name)
    return names


def _shaped_runs(media: Path, index: Index) -> Iterator[tuple[object, Run]]:
    """Every stretch with what must not change within a file."""
    with media.open("rb") as file:
        for run in index.runs():
            init = run[0].init
            assert init is not None
            file.seek(init.offset)
            try:
                tracks = parse_init(file.read(init.size)).tracks
            except MalformedMedia as error:
                raise RemuxFailed(str(error)) from error
            yield tuple((t.kind, t.codec.partition(".")[0], t.width, t.height, t.sample_rate) for t in tracks), run


def _join(root: Path, media: str, runs: Sequence[Run], name: str) -> None:
    listing = root / _LIST
    listing.write_text("ffconcat version 1.0\n" + "".join(_list_run(media, run) for run in runs))
    draft = f"{name}.tmp"
    command = ["ffmpeg", "-y", "-hide_banner", "-nostdin", "-loglevel", "error"]
    command += ["-protocol_whitelist", "file,concat,subfile", "-f", "concat", "-safe", "0", "-i", _LIST]
    command += ["-map", "0", "-c", "copy", "-movflags", "+faststart", "-f", "mp4", draft]
    size = sum(entry.media.size for run in runs for entry in run if entry.media)
    try:
        subprocess.run(
            command, cwd=root, capture_output=True, check=True, text=True, timeout=60 + size / _SLOWEST_BYTES_S
        )
        os.rename(root / draft, root / name)
    except subprocess.CalledProcessError as error:
        raise RemuxFailed(error.stderr.strip()[-300:]) from error
    except subprocess.TimeoutExpired as error:
        raise RemuxFailed("ffmpeg took too long") from error
    finally:
        listing.unlink(missing_ok=True)
        (root / draft).unlink(missing_ok=True)


def _list_run(media: str, run: Run) -> str:
    """A stretch as one input: its init section, and the bytes behind it."""
    first, last = run[0].media, run[-1].media
    assert first is not None
    assert last is not None
    assert run[0].init is not None
    slices = [run[0].init, ByteRange(first.offset, last.end - first.offset)]
    pieces = "|".join(f"subfile,,start,{piece.offset},end,{piece.end},,:{media}" for piece in slices)
    return f"file 'concat:{pieces}'\nduration {sum(entry.duration for entry in run):.6f}\n"
