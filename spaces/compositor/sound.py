"""The mix as it comes, evened out: 20 ms of sound each 20 ms, of silence where nothing came."""

import av
from av.audio.codeccontext import AudioCodecContext

from spaces.compositor.rtp import Packet

RATE, CHUNK = 48_000, 960
# Packets come in bursts: so much is held back before the first is heard, and no more than so much later.
_PRIMED, _MOST = 3 * CHUNK, 20 * CHUNK


class Sound:
    def __init__(self) -> None:
        self._decoder = _opus()
        self._resampler = av.AudioResampler("fltp", "stereo", RATE)
        self._held = av.AudioFifo()
        self._is_primed = False
        self._silence = av.AudioFrame("fltp", "stereo", CHUNK)
        self._silence.sample_rate = RATE
        for plane in self._silence.planes:
            plane.update(bytes(plane.buffer_size))

    def take(self, packet: Packet) -> None:
        """What Janus sent. Another mixer may go on where the last one stopped: only the order counts."""
        try:
            frames = self._decoder.decode(av.Packet(packet.payload))
        except av.FFmpegError:
            self._decoder = _opus()
            return
        for frame in frames:
            for even in self._resampler.resample(frame):
                even.pts = None
                self._held.write(even)
        if self._held.samples > _MOST:
            self._held.read(self._held.samples - _PRIMED)

    def next(self) -> av.AudioFrame:
        """The next 20 ms."""
        if not self._is_primed and self._held.samples < _PRIMED:
            return self._silence
        chunk = self._held.read(CHUNK)
        self._is_primed = chunk is not None
        return chunk or self._silence


def _opus() -> AudioCodecContext:
    decoder = av.CodecContext.create("libopus", "r")
    assert isinstance(decoder, AudioCodecContext)
    decoder.sample_rate, decoder.layout = RATE, "stereo"
    return decoder
