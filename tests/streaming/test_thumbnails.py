import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image

from media_pipeline.line import Line
from media_pipeline.playlist import MediaPlaylist
from media_pipeline.store import MediaStore
from media_pipeline.timeline import Timeline
from streaming import thumbnails
from tests.media_pipeline import clips

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


class Nobody:
    """Positions that no edge hears."""

    def publish(self, position: object) -> None:
        pass


def put_out(root: Path, rendition: str, clip: bytes) -> None:
    """Publish a clip as the packager would."""
    init, fragments = clips.read(clip)
    store = MediaStore(root, 7)
    line = Line(rendition, root.name, store, Nobody(), MediaPlaylist())  # type: ignore[arg-type]
    line.use_init(init)
    timeline = Timeline(0, 0, resumes_at=None)
    for fragment in fragments:
        # Sound alone begins before nought, which a file can't say.
        if fragment.frames and fragment.start < 60:
            now = NOON + timedelta(seconds=fragment.start)
            boundary = timeline.place(
                fragment.start, fragment.duration, is_independent=fragment.is_independent, now=now
            )
            line.append(fragment, boundary, lambda: [])
    store.close()


def still(root: Path) -> Image.Image:
    return Image.open(io.BytesIO((root / "thumbnail.jpg").read_bytes()))


def test_a_still_shows_the_newest_key_frame(tmp_path: Path) -> None:
    root = tmp_path / ("ab" * 16)
    put_out(root, "source", clips.both())

    assert thumbnails.refresh(root)

    picture = still(root)
    assert (picture.format, picture.size) == ("JPEG", (320, 180))
    assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 50
    assert [path.name for path in root.iterdir() if path.is_file()].count("thumbnail.jpg") == 1


def test_it_is_made_of_the_smallest_picture(tmp_path: Path) -> None:
    root = tmp_path / ("ab" * 16)
    put_out(root, "source", clips.encode(*clips.VIDEO, "-vf", "scale=640:360", *clips.X264))
    put_out(root, "180p", clips.both())
    (root / "audio").mkdir()

    assert thumbnails.refresh(root)

    assert still(root).size == (320, 180)


def test_sound_alone_has_no_still(tmp_path: Path) -> None:
    root = tmp_path / ("ab" * 16)
    put_out(root, "source", clips.sound_only())

    assert not thumbnails.refresh(root)
    assert not (root / "thumbnail.jpg").exists()


def test_a_path_that_was_taken_away_is_no_trouble(tmp_path: Path) -> None:
    assert not thumbnails.refresh(tmp_path / "gone")


def test_garbage_is_no_picture() -> None:
    assert thumbnails.picture(b"#EXTM3U\nfile:///etc/passwd\n") is None
    assert thumbnails.picture(b"") is None
