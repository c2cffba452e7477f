"""A recording's files on disk: brought to what is whole, ended, described, whoever wrote them last."""

import logging
import os
import re
import shutil
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from media_pipeline.boxes import parse_init
from media_pipeline.playlist import Variant
from media_pipeline.recording import (
    Entry,
    Index,
    delta_of,
    file_of,
    parse_index,
    playlist_of,
    render_entry,
    render_head,
)

log = logging.getLogger(__name__)

MASTER, STOPPED = "master.m3u8", "stopped"
_ENDLIST = "#EXT-X-ENDLIST\n"
# Shorter segments say little about a bit rate.
_LONG_ENOUGH_S = 0.5


class StopReason(StrEnum):
    """Why a recording ends before its broadcast."""

    DISK = "disk"
    LENGTH = "length"
    BROKEN = "broken"


def restore(root: Path, name: str) -> Index:
    """Bring a rendition's file and playlist to the last entry that both have whole; answers the index.

    Raises ValueError for a playlist that isn't ours.
    """
    playlist, media = root / playlist_of(name), root / file_of(name)
    try:
        index = parse_index(playlist.read_text())
    except FileNotFoundError:
        return Index()
    except ValueError:
        # A machine that lost its power in the first seconds leaves an empty file.
        if playlist.stat().st_size:
            raise
        return Index()
    size = media.stat().st_size if media.exists() else 0
    kept = len(index.entries)
    while kept and not _is_whole(media, size, index.entries[kept - 1]):
        kept -= 1
    if kept < len(index.entries):
        log.warning("recording %s: %s lost its last %d segments", root.name, name, len(index.entries) - kept)
        index = Index(index.first_msn, index.entries[:kept])
        text = render_head(index.first_msn)
        before = None
        for entry in index.entries:
            text += render_entry(entry, before, file_of(name))
            before = entry.init
        playlist.write_text(text)
    elif playlist.stat().st_size != index.text_length:
        os.truncate(playlist, index.text_length)
    index.is_ended = False
    if size > index.media_end:
        os.truncate(media, index.media_end)
    return index


def _is_whole(media: Path, size: int, entry: Entry) -> bool:
    """Whether an entry's bytes are there; after a power cut a file may end in nothing but noughts."""
    if entry.media is None:
        return True
    if entry.media.end > size:
        return False
    with media.open("rb") as file:
        file.seek(entry.media.offset)
        return file.read(8)[4:] == b"moof"


def end_playlist(root: Path, name: str) -> None:
    """EXT-X-ENDLIST, once; a delta update must not leave out segments of a playlist that has it (4.4.5.2)."""
    playlist = root / playlist_of(name)
    with playlist.open("r+b") as file:
        file.seek(-min(len(_ENDLIST), playlist.stat().st_size), os.SEEK_END)
        if file.read() != _ENDLIST.encode():
            file.write(_ENDLIST.encode())
    draft = root / f"{delta_of(name)}.tmp"
    shutil.copyfile(playlist, draft)
    draft.rename(root / delta_of(name))


def read_stop_reason(root: Path) -> str:
    """Why a recording stopped early; "" when it didn't."""
    with suppress(FileNotFoundError, ValueError):
        return StopReason((root / STOPPED).read_text())
    return ""


def end_recording(root: Path) -> dict[str, Index]:
    """Bring a recording whose packager is gone into its final shape, on disk for good; its renditions by name.

    Raises ValueError for files that aren't ours, OSError for a disk that fails.
    """
    found = {}
    for path in sorted(root.glob("*.mp4")):
        if not (root / playlist_of(path.stem)).exists():
            continue
        index = restore(root, path.stem)
        if not index.recorded_s:
            continue
        end_playlist(root, path.stem)
        for file in (path, root / playlist_of(path.stem)):
            _sync(file)
        found[path.stem] = index
    if root.exists():
        _sync(root)
    return found


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def describe(root: Path, name: str, index: Index) -> Variant:
    """A rendition as the multivariant playlist names it. Raises MalformedMedia for what is no media."""
    entries = [entry for entry in index.entries if entry.media and entry.init]
    init_range = entries[0].init
    assert init_range is not None
    with (root / file_of(name)).open("rb") as file:
        file.seek(init_range.offset)
        init = parse_init(file.read(init_range.size))
    sizes = [(entry.duration, entry.media.size * 8) for entry in entries if entry.media]
    average = round(sum(bits for _, bits in sizes) / sum(seconds for seconds, _ in sizes))
    peak = max((round(bits / seconds) for seconds, bits in sizes if seconds >= _LONG_ENOUGH_S), default=average)
    width, height = (init.video.width, init.video.height) if init.video else (0, 0)
    return Variant(name, max(peak, average), average, init.codecs, width, height, _frame_rate(root, name))


def _frame_rate(root: Path, name: str) -> float:
    """What the packager measured; 0 where it left no word."""
    with suppress(FileNotFoundError):
        text = (root / MASTER).read_text()
        found = re.search(rf"FRAME-RATE=([\d.]+)[^\n]*\n{re.escape(playlist_of(name))}\n", text)
        return float(found[1]) if found else 0.0
    return 0.0
