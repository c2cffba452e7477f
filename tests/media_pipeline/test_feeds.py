"""Feeds around real processes, in place of ffmpeg ones that behave as tests want."""

from collections.abc import Sequence
from pathlib import Path
from selectors import DefaultSelector

from media_pipeline.boxes import Fragment
from media_pipeline.feeds import Feed
from tests.media_pipeline import clips


def run(script: str) -> tuple[Feed, DefaultSelector]:
    """A feed whose process is a shell script; its pipe is at $PIPE."""

    def make(pipes: Sequence[int]) -> list[str]:
        return ["sh", "-c", f"PIPE={pipes[0]}; {script}"]

    feed, selector = Feed("copy", ["source"], make), DefaultSelector()
    feed.register(selector)
    return feed, selector


def read_all(feed: Feed, selector: DefaultSelector) -> list[Fragment]:
    """Everything until the process has left."""
    fragments: list[Fragment] = []
    while not feed.is_finished:
        for key, _ in selector.select(5):
            if key.data is feed:
                feed.read_complaints(selector)
                continue
            found = key.data.read()
            if found is None:
                feed.finish_output(key.data, selector)
            else:
                fragments += [fragment for fragment, _ in found]
    return fragments


def test_fragments_come_through_the_pipe(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(clips.both())
    feed, selector = run(f"cat {path} > /dev/fd/$PIPE")

    fragments = read_all(feed, selector)

    assert sum(fragment.frames for fragment in fragments) == 120
    assert feed.outputs[0].init is not None
    assert feed.stop(selector) == 0


def test_complaints_are_kept_and_may_be_read_after_the_end() -> None:
    feed, selector = run("echo 'Application provided invalid, non monotonically increasing dts' >&2; exit 3")
    read_all(feed, selector)
    feed.process.wait(5)

    for _ in range(3):
        feed.read_complaints(selector)

    assert feed.has_jumped_back
    assert "dts" in feed.complaints[-1]
    assert feed.stop(selector) == 3


def test_a_feed_that_hangs_is_stopped() -> None:
    feed, selector = run("sleep 60")

    assert feed.stop(selector) != 0
    assert not selector.get_map()
