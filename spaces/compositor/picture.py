"""One person's picture: decoded, fitted into the canvas, with their name on it if it has one."""

from fractions import Fraction
from itertools import pairwise

import av
from av.filter import Graph
from av.video.codeccontext import VideoCodecContext
from PIL import Image

from spaces.compositor.rtp import Assembler, Packet
from spaces.compositor.scene import SPACE, Feed, Shape
from spaces.compositor.slate import draw_label

_KEY_AGAIN_S = 0.5
_TICK, _MARGIN = Fraction(1, 25), 24


def to_frame(image: Image.Image) -> av.VideoFrame:
    """What Pillow drew, as the encoder takes it."""
    frame: av.VideoFrame = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]
    return frame.reformat(format="yuv420p")


class Picture:
    """What is shown of one feed. `frame` is the newest canvas, None before the first; `came_at` is when it came."""

    def __init__(self, feed: Feed, shape: Shape = SPACE) -> None:
        self.feed, self._shape = feed, shape
        self.frame: av.VideoFrame | None = None
        self.came_at = 0.0
        self._assembler = Assembler(feed.codec)
        self._decoder = _decoder(feed.codec)
        self._fitting: _Fitting | None = None
        self._asked_at = 0.0
        self._count = 0

    def take(self, packet: Packet, now: float) -> bool:
        """Whether this packet made a new canvas."""
        frame = self._assembler.take(packet)
        if frame is None:
            return False
        try:
            decoded = self._decoder.decode(av.Packet(frame.data))
        except av.FFmpegError:
            self._decoder, self._assembler.is_broken = _decoder(self.feed.codec), True
            return False
        for picture in decoded:
            self.frame, self.came_at = self._fit(picture), now
        return bool(decoded)

    def wants_key(self, now: float) -> bool:
        """Whether it waits for a key frame that should be asked for now."""
        if not self._assembler.is_broken or now - self._asked_at < _KEY_AGAIN_S:
            return False
        self._asked_at = now
        return True

    def _fit(self, frame: av.VideoFrame) -> av.VideoFrame:
        if self._fitting is None or self._fitting.shape != (frame.width, frame.height, frame.format.name):
            self._fitting = _Fitting(frame, self._shape, self.feed.name)
        self._count += 1
        frame.pts, frame.time_base = self._count, _TICK
        return self._fitting.fit(frame)


def _decoder(codec: str) -> VideoCodecContext:
    decoder = av.CodecContext.create("vp8" if codec == "vp8" else "h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_count = 1
    decoder.options = {"flags": "low_delay"}
    return decoder


class _Fitting:
    """For frames of one shape: the whole picture within the canvas, and the name over its lower left corner."""

    def __init__(self, frame: av.VideoFrame, canvas: Shape, name: str) -> None:
        self.shape = (frame.width, frame.height, frame.format.name)
        # Held here: what is in it dies with it.
        self._graph = graph = Graph()
        size = f"{canvas.width}:{canvas.height}"
        self._source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=_TICK)
        steps = [
            self._source,
            graph.add("scale", f"{size}:force_original_aspect_ratio=decrease:force_divisible_by=2"),
            graph.add("pad", f"{size}:-1:-1:color=black"),
        ]
        label = to_frame(draw_label(name)) if name else None
        if label is not None:
            note = graph.add_buffer(width=label.width, height=label.height, format=label.format, time_base=_TICK)
            over = graph.add("overlay", f"x={_MARGIN}:y=main_h-h-{_MARGIN}:eof_action=repeat:format=yuv420")
            note.link_to(over, 0, 1)
            steps.append(over)
        self._sink = graph.add("buffersink")
        for one, other in pairwise((*steps, graph.add("format", "yuv420p"), self._sink)):
            one.link_to(other)
        graph.configure()
        if label is not None:
            label.pts, label.time_base = 0, _TICK
            note.push(label)
            note.push(None)

    def fit(self, frame: av.VideoFrame) -> av.VideoFrame:
        self._source.push(frame)
        fitted = self._sink.pull()
        assert isinstance(fitted, av.VideoFrame)
        return fitted
