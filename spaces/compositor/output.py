"""The one encoder, and the way to ingest: whatever picture it gets, the stream goes on in one shape.

Sound and picture are stamped by one clock, pictures when they come: five a second of a slate, as many as there are of a
camera.
"""

from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from spaces.compositor.scene import SPACE, Shape
from spaces.compositor.sound import RATE

_MS = Fraction(1, 1000)
_KEY_EACH_MS = 2000
# The mix comes later than the pictures: Janus holds back a little of each voice, and so do we.
_PICTURE_LATER_MS = 170
_ENCODER = {
    "tune": "zerolatency",
    "profile": "main",
    "forced-idr": "1",
    "sc_threshold": "0",
    "threads": "1",
}


class Output:
    """An open connection to ingest. Whatever it raises, av.FFmpegError among it, ends it."""

    def __init__(self, address: str, shape: Shape = SPACE) -> None:
        # Parts are cut each third of a second: nothing waits for the other track for longer than a tenth.
        options = {"flush_packets": "1", "max_interleave_delta": "100000"}
        self._container = av.open(address, "w", format="flv", options=options)
        rates = {"preset": shape.preset, "maxrate": str(shape.bitrate * 4 // 3), "bufsize": str(shape.bitrate * 2)}
        self._video = self._container.add_stream("libx264", rate=25, options=_ENCODER | rates)
        self._video.width, self._video.height, self._video.pix_fmt = shape.width, shape.height, "yuv420p"
        self._video.bit_rate, self._video.gop_size = shape.bitrate, 600
        self._video.codec_context.time_base = _MS
        _say_colours(self._video.codec_context)
        self._audio = self._container.add_stream("aac", rate=RATE, layout="stereo")
        self._audio.bit_rate = 96_000
        # Ingest answers once somebody reads: the clock begins after that.
        self._container.start_encoding()
        self._samples = av.AudioFifo()
        self._heard, self._last_ms, self._key_ms = 0, -1, -_KEY_EACH_MS

    def hear(self, chunk: av.AudioFrame) -> None:
        """The next piece of sound, right behind the last one."""
        chunk.pts = None
        self._samples.write(chunk)
        while (frame := self._samples.read(1024)) is not None:
            frame.pts, frame.time_base = self._heard, Fraction(1, RATE)
            self._heard += frame.samples
            self._container.mux(self._audio.encode(frame))

    def see(self, canvas: av.VideoFrame, at_s: float) -> None:
        """A picture at a time of the stream's own clock; one that comes within the last one's millisecond is none."""
        at_ms = round(at_s * 1000) + _PICTURE_LATER_MS
        if at_ms <= self._last_ms:
            return
        is_key = at_ms - self._key_ms >= _KEY_EACH_MS
        if is_key:
            self._key_ms = at_ms
        self._last_ms = at_ms
        canvas.pts, canvas.time_base = at_ms, _MS
        canvas.pict_type = PictureType.I if is_key else PictureType.NONE
        self._container.mux(self._video.encode(canvas))

    def close(self) -> None:
        self._container.close()


def _say_colours(encoder: VideoCodecContext) -> None:
    """BT.601, which cameras send and drawn pictures are turned into: players take what isn't said for BT.709."""
    encoder.colorspace, encoder.color_range = Colorspace.ITU601, ColorRange.MPEG
    encoder.color_primaries, encoder.color_trc = ColorPrimaries.SMPTE170M, ColorTrc.SMPTE170M
