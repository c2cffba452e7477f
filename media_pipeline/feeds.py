"""A running ffmpeg: one reader of ingest, one fragmented-MP4 pipe a rendition, its complaints kept."""

import fcntl
import logging
import os
import re
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from selectors import EVENT_READ, BaseSelector

from media_pipeline.boxes import BoxReader, Fragment, Init, parse_fragment, parse_init, without_stall

log = logging.getLogger(__name__)

_PIPE_BYTES = 1 << 20
_READ_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031
_JUMPED_BACK = re.compile(r"non[- ]?monoton", re.IGNORECASE)
_STDERR_LINES = 30

MakeCommand = Callable[[Sequence[int]], list[str]]


@dataclass
class Output:
    """One pipe of a feed, and what has come through it: its init section and how far its clock is."""

    feed: "Feed"
    rendition: str
    descriptor: int
    reader: BoxReader = field(default_factory=BoxReader)
    init: Init | None = None
    end: float | None = None
    first_key: float | None = None
    _shift: float = 0.0
    _head: bytes = b""
    _moof: bytes = b""

    def read(self) -> Iterator[tuple[Fragment, float]] | None:
        """What has come since: fragments with their presentation time, in seconds; None at the pipe's end."""
        try:
            data = os.read(self.descriptor, _READ_BYTES)
        except BlockingIOError:
            return iter(())
        return self._parse(data) if data else None

    def _parse(self, data: bytes) -> Iterator[tuple[Fragment, float]]:
        for kind, box in self.reader.feed(data):
            if kind == b"ftyp":
                self._head = box
            elif kind == b"moov":
                self.init = parse_init(self._head + box)
            elif kind == b"moof":
                self._moof = box
            elif kind == b"mdat" and self.init is not None:
                fragment = without_stall(self._moof, parse_fragment(self._moof, box, self.init), self.init)
                yield fragment, self._present(fragment)

    def _present(self, fragment: Fragment) -> float:
        """Decode times of streams with and without B-frames differ; key frames say by how much."""
        if fragment.is_independent and fragment.frames:
            self._shift = fragment.first_offset
            if self.first_key is None:
                self.first_key = fragment.start + self._shift
        start = fragment.start + self._shift
        if fragment.frames:
            self.end = start + fragment.duration
        return start


class Feed:
    """An ffmpeg process and its outputs. It dies with the thread that started it."""

    def __init__(self, name: str, renditions: Sequence[str], make_command: MakeCommand, *, nice: int = 0) -> None:
        self.name = name
        self.complaints: deque[str] = deque(maxlen=_STDERR_LINES)
        self.has_jumped_back = False
        pipes = [os.pipe2(os.O_CLOEXEC) for _ in renditions]
        self.outputs = [Output(self, name, read) for name, (read, _) in zip(renditions, pipes, strict=True)]
        for read, _ in pipes:
            os.set_blocking(read, False)
            # Room for what comes while the packager is busy; a smaller pipe works too.
            with suppress(OSError):
                fcntl.fcntl(read, _F_SETPIPE_SZ, _PIPE_BYTES)
        writers = [write for _, write in pipes]
        try:
            self.process = subprocess.Popen(
                [*_prefix(nice), *make_command(writers)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=writers,
            )
        finally:
            for writer in writers:
                os.close(writer)
        assert self.process.stderr is not None
        self._stderr = self.process.stderr.fileno()
        os.set_blocking(self._stderr, False)
        self._open = {output.descriptor for output in self.outputs}

    def register(self, selector: BaseSelector) -> None:
        for output in self.outputs:
            selector.register(output.descriptor, EVENT_READ, output)
        selector.register(self._stderr, EVENT_READ, self)

    def read_complaints(self, selector: BaseSelector) -> None:
        """Keep the last lines of stderr, and notice when the encoder's clock jumped back."""
        data = b""
        with suppress(BlockingIOError):
            data = os.read(self._stderr, 1 << 16)
            if not data and self._stderr in selector.get_map():
                selector.unregister(self._stderr)
        for line in data.decode("utf-8", "replace").splitlines():
            self.complaints.append(line)
            if _JUMPED_BACK.search(line):
                self.has_jumped_back = True

    def finish_output(self, output: Output, selector: BaseSelector) -> None:
        selector.unregister(output.descriptor)
        os.close(output.descriptor)
        self._open.discard(output.descriptor)

    @property
    def is_finished(self) -> bool:
        return not self._open

    def stop(self, selector: BaseSelector) -> int:
        """Kill ffmpeg if it still runs, let go of the pipes; answers its exit status."""
        for output in self.outputs:
            if output.descriptor in self._open:
                self.finish_output(output, selector)
        if self._stderr in selector.get_map():
            selector.unregister(self._stderr)
        with suppress(subprocess.TimeoutExpired):
            # An ffmpeg at the end of its input needs a moment to say so by its status.
            self.process.wait(0.05)
        if self.process.poll() is None:
            self.process.kill()
        status = self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()
        return status


def _prefix(nice: int) -> list[str]:
    """No ffmpeg outlives its packager, and encoders yield to whatever only copies."""
    return ["setpriv", "--pdeathsig", "KILL", "--", *(["nice", "-n", str(nice)] if nice else [])]
