"""An encoder whose pictures carry the wall clock: 1280x720 at 30 a second, paced as a camera is, sent by ffmpeg.

    python -m bench.source CASE RTMP_URL

Each picture gets the time at which it is handed to the encoder, as a strip of 48 cells: 40 bits of milliseconds since
1970 (modulo 2^40), then a check byte. Below the strip a test card moves. It is easy to encode, since the encoder shares
the machine with what is measured; OBS's filler brings the stream to its bit rate all the same.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from deploy.start import die_with_parent

WIDTH, HEIGHT, FRAME_RATE = 1280, 720, 30
STRIP_HEIGHT, CELL_WIDTH, CELLS = 32, 26, 48
CARD_HEIGHT, ROWS_A_FRAME = 1440, 2
_BLACK, _WHITE = bytes([16]) * CELL_WIDTH, bytes([235]) * CELL_WIDTH
_MARGIN = bytes([16]) * (WIDTH - CELLS * CELL_WIDTH)
_GREY = bytes([128]) * (WIDTH // 2 * STRIP_HEIGHT // 2)
_PIPE_BYTES, _F_SETPIPE_SZ = 1 << 20, 1031
_CONNECTING_FRAMES = 2 * FRAME_RATE
_LATE_S = 0.1

Card = tuple[memoryview, memoryview, memoryview]
CASES = {
    "veryfast": ("-g", "60"),
    "zerolatency": ("-tune", "zerolatency", "-g", "60"),
    "obs-defaults": ("-g", "250"),
}


def end_with_us() -> None:
    """For a child: no encoder goes on when its bench was killed."""
    die_with_parent(signal.SIGKILL)


def clock_strip(now_ms: int) -> bytes:
    """The luma rows that show a time."""
    value = (now_ms % (1 << 40)).to_bytes(5)
    bits = int.from_bytes(value + bytes([(sum(value) + 0xA5) % 256]))
    row = b"".join(_WHITE if bits >> (CELLS - 1 - cell) & 1 else _BLACK for cell in range(CELLS))
    return (row + _MARGIN) * STRIP_HEIGHT


def draw_card() -> Card:
    """The planes of a tall test card."""
    card = f"testsrc2=size={WIDTH}x{CARD_HEIGHT}:rate=30"
    command = ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", card, "-frames:v", "1"]
    command += ["-pix_fmt", "yuv420p", "-f", "rawvideo", "-"]
    view = memoryview(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    luma, chroma = WIDTH * CARD_HEIGHT, WIDTH * CARD_HEIGHT // 4
    return view[:luma], view[luma : luma + chroma], view[luma + chroma :]


def picture(card: Card, number: int) -> list[bytes | memoryview]:
    """The planes of picture `number` without the strip; the card goes up and down, never jumps."""
    travel = CARD_HEIGHT - HEIGHT
    row = abs((number * ROWS_A_FRAME) % (2 * travel) - travel) & ~1
    luma, *chroma = card
    planes: list[bytes | memoryview] = [luma[row * WIDTH : (row + HEIGHT - STRIP_HEIGHT) * WIDTH]]
    half = WIDTH // 2
    for plane in chroma:
        planes += [_GREY, plane[row // 2 * half : (row + HEIGHT - STRIP_HEIGHT) // 2 * half]]
    return planes


def _write(pipe: int, planes: list[bytes | memoryview]) -> None:
    for plane in planes:
        view = memoryview(plane)
        while view:
            view = view[os.write(pipe, view) :]


def feed(pipe: int, card: Card) -> None:
    """Write pictures at the pace of a clock until nobody reads them; tell each second how late the latest was."""
    began = time.monotonic()
    number, latest = 0, 0.0
    while True:
        due = began + number / FRAME_RATE
        late = time.monotonic() - due
        if late < 0:
            time.sleep(-late)
        elif late > _LATE_S and number < _CONNECTING_FRAMES:
            # What a camera saw before the connection stood is nobody's; later on the encoder has to catch up.
            began += late
        latest = max(latest, late if number >= _CONNECTING_FRAMES else 0)
        if number % FRAME_RATE == 0:
            print(round(latest * 1000), flush=True)
            latest = 0.0
        _write(pipe, [clock_strip(time.time_ns() // 1_000_000), *picture(card, number)])
        number += 1


def encoder_command(case: str, target: str) -> list[str]:
    """ffmpeg with x264 set as OBS sets it: veryfast, constant 2.5 Mb/s, B-frames as the preset has them."""
    picture_in = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-framerate", str(FRAME_RATE)]
    sound_in = ["-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000"]
    video = ["-c:v", "libx264", "-preset", "veryfast", *CASES[case]]
    video += ["-b:v", "2500k", "-maxrate", "2500k", "-bufsize", "2500k", "-x264-params", "filler=1"]
    head = ["ffmpeg", "-hide_banner", "-loglevel", "error", *picture_in, "-i", "pipe:0", *sound_in]
    return [*head, *video, "-c:a", "aac", "-b:a", "128k", "-f", "flv", target]


def main() -> None:
    """Send until ingest or the caller ends it."""
    case, target = sys.argv[1:]
    card = draw_card()
    print(time.time(), flush=True)
    command = encoder_command(case, target)
    encoder = subprocess.Popen(command, stdin=subprocess.PIPE, preexec_fn=end_with_us)  # noqa: PLW1509
    assert encoder.stdin is not None
    pipe = encoder.stdin.fileno()
    fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIPE_BYTES)
    try:
        feed(pipe, card)
    except BrokenPipeError:
        sys.exit(encoder.wait() or 1)


@dataclass
class Sent:
    """When an encoder was started, and afterwards how far it ever was behind the camera: it has no CPU to spare."""

    started: float
    late_ms: int = 0


@contextmanager
def sending(case: str, target: str) -> Iterator[Sent]:
    """An encoder for as long as the block lasts. It goes as a lost connection does, without a goodbye."""
    source = subprocess.Popen(
        [sys.executable, "-m", "bench.source", case, target],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=end_with_us,  # noqa: PLW1509
    )
    assert source.stdout is not None
    try:
        sent = Sent(float(source.stdout.readline()))
        yield sent
        source.kill()
        sent.late_ms = max(map(int, source.stdout.read().split()), default=0)
    finally:
        # Its ffmpeg dies with it.
        source.kill()
        source.wait()
        source.stdout.close()


if __name__ == "__main__":
    main()
