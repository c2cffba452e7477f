"""`python -m spaces.compositor ADDRESS`: takes RTP at ADDRESS, scenes on standard input, and says on standard output at
which ports it listens and of which feed it needs a key frame. The first line tells where to send the stream, and its
shape.

It ends with its input, or with an error when the way to ingest is lost: whoever started it starts it again. Of ingest
that takes nothing more and doesn't say so the alarm clock ends it: PyAV opens what it writes to without a timeout.
"""

import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable

import av

from spaces.compositor.mixer import FallenBehind, Mixer
from spaces.compositor.output import Output
from spaces.compositor.rtp import parse
from spaces.compositor.scene import Scene, Shape

_TICK_S = 0.02
STUCK_S = 8
_RECEIVE_BUFFER = 1 << 20
Handler = Callable[[bytes], None]


def main() -> int:
    address = sys.argv[1]
    sound, pictures = _listen(address), _listen(address)
    _say({"type": "ports", "sound": sound.getsockname()[1], "pictures": pictures.getsockname()[1]})
    # Unbuffered: what stands behind the first line is read by `_Lines`.
    first = json.loads(open(0, "rb", buffering=0, closefd=False).readline())  # noqa: SIM115 it stays open
    signal.alarm(STUCK_S)
    try:
        shape = Shape(**first["shape"])
        output = Output(first["address"], shape)
        mixer = Mixer(output, Scene.read(first["scene"]), time.monotonic(), shape)
        _run(mixer, sound, pictures)
    except (av.FFmpegError, FallenBehind, OSError) as error:
        sys.stderr.write(f"compositor: {type(error).__name__}: {_explain(error)}\n")
        return 1
    return 0


def _explain(error: Exception) -> str:
    """In full those of ffmpeg and of the system name the address, and with it the key."""
    return str(getattr(error, "strerror", error))


def _listen(address: str) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    one.bind((address, 0))
    one.setblocking(False)
    return one


def _run(mixer: Mixer, sound: socket.socket, pictures: socket.socket) -> None:
    """Until the input is at its end."""
    told = _Lines(mixer)
    with selectors.DefaultSelector() as selector:
        selector.register(sound, selectors.EVENT_READ, lambda data: _hand(data, mixer, is_sound=True))
        selector.register(pictures, selectors.EVENT_READ, lambda data: _hand(data, mixer, is_sound=False))
        os.set_blocking(sys.stdin.fileno(), False)
        selector.register(sys.stdin.fileno(), selectors.EVENT_READ, told.take)
        while not told.is_over:
            for key, _events in selector.select(_TICK_S):
                _drain(key.fileobj, key.data)
            now = time.monotonic()
            mixer.tick(now)
            signal.alarm(STUCK_S)
            wanted = mixer.wanted_key(now)
            if wanted is not None:
                _say({"type": "key", "ssrc": wanted})


def _drain(source: object, handler: Handler) -> None:
    """All that is there by now."""
    try:
        if not isinstance(source, socket.socket):
            handler(os.read(sys.stdin.fileno(), 65536))
            return
        while True:
            handler(source.recv(2048))
    except BlockingIOError:
        return


def _hand(data: bytes, mixer: Mixer, *, is_sound: bool) -> None:
    packet = parse(data)
    if packet is None:
        return
    if is_sound:
        mixer.take_sound(packet)
    else:
        mixer.take_picture(packet, time.monotonic())


class _Lines:
    """Scenes as they are told, a line each."""

    def __init__(self, mixer: Mixer) -> None:
        self._mixer, self._rest, self.is_over = mixer, b"", False

    def take(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._mixer.change(Scene.read(json.loads(line)["scene"]), time.monotonic())
        self.is_over = not data


def _say(facts: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
