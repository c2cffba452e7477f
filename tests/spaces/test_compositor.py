"""The compositor itself: packets in, one unbroken stream out."""

import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image

from spaces.compositor.mixer import FallenBehind, Mixer
from spaces.compositor.output import Output
from spaces.compositor.picture import to_frame
from spaces.compositor.rtp import Assembler, Packet, parse
from spaces.compositor.scene import SPACE, Face, Feed, Scene
from spaces.compositor.sound import Sound

SCENE = Scene("Evening talk", "alice", (Face(1, "Alice", 3), Face(2, "Bob", 7)), (1,))
MOST = 1000


def encoded(codec: str, colour: str, count: int) -> list[bytes]:
    """A few frames of one colour; the first is a key frame."""
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 320, 180, "yuv420p", Fraction(1, 25)
    encoder.options = {"tune": "zerolatency"} if codec == "libx264" else {"deadline": "realtime", "lag-in-frames": "0"}
    frames = []
    for number in range(count):
        frame = to_frame(Image.new("RGB", (320, 180), colour))
        frame.pts, frame.time_base = number, Fraction(1, 25)
        frames += [bytes(packet) for packet in encoder.encode(frame)]
    return frames


def pieces(codec: str, frame: bytes) -> list[bytes]:
    """As a sender cuts a frame for its packets."""
    if codec == "vp8":
        cut = [frame[at : at + MOST] for at in range(0, len(frame), MOST)]
        return [bytes([0x90 if not number else 0x80, 0x80, 0x81, 0x01]) + one for number, one in enumerate(cut)]
    units = [unit for unit in frame.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if unit]
    out = []
    for unit in units:
        if len(unit) <= MOST // 10:
            out.append(unit)
            continue
        body, head = unit[1:], unit[0]
        cut = [body[at : at + MOST // 10] for at in range(0, len(body), MOST // 10)]
        for number, one in enumerate(cut):
            marks = 0x80 * (not number) | 0x40 * (number == len(cut) - 1)
            out.append(bytes([head & 0xE0 | 28, marks | head & 0x1F]) + one)
    return out


def packets(codec: str, frames: list[bytes], ssrc: int = 7) -> list[Packet]:
    made: list[Packet] = []
    for number, frame in enumerate(frames):
        cut = pieces(codec, frame)
        for place, piece in enumerate(cut):
            is_last = place == len(cut) - 1
            head = struct.pack("!BBHII", 0x80, 96 | 0x80 * is_last, (65530 + len(made)) % 65536, number * 3600, ssrc)
            packet = parse(head + piece)
            assert packet is not None
            made.append(packet)
    return made


def redness(frame: av.VideoFrame) -> int:
    """Of one point of a picture."""
    image: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
    colour = image.getpixel((480, 60))
    assert isinstance(colour, tuple)
    return int(colour[0])


@pytest.mark.parametrize(("codec", "encoder"), [("h264", "libx264"), ("vp8", "libvpx")])
def test_frames_are_put_together_and_a_loss_waits_for_a_key_frame(codec: str, encoder: str) -> None:
    frames = encoded(encoder, "#c04020", 4)
    sent = packets(codec, [*frames, frames[0]])
    assembler = Assembler(codec)

    whole = [frame for packet in sent if (frame := assembler.take(packet))]
    assert [frame.is_key for frame in whole] == [True, False, False, False, True]

    assembler = Assembler(codec)
    lost = [frame for packet in sent[len(pieces(codec, frames[0])) :] if (frame := assembler.take(packet))]
    assert [frame.is_key for frame in lost] == [True]


@pytest.mark.parametrize("data", [b"", b"\x80", b"\0" * 20, b"\x9f" + b"\xff" * 30, b"\x80" + b"\0" * 11])
def test_what_is_no_rtp_is_dropped(data: bytes) -> None:
    assert parse(data) is None


def test_one_stream_shows_the_slate_then_a_picture_then_the_slate(tmp_path: Path) -> None:
    file = tmp_path / "out.flv"
    output = Output(str(file))
    mixer = Mixer(output, SCENE, now=100.0)
    shown = Scene(SCENE.title, SCENE.channel, SCENE.faces, (2,), Feed(7, "h264", "Bob"))
    sent = packets("h264", encoded("libx264", "#c04020", 25))
    step = 0.02
    for tick in range(200):
        now = 100.0 + tick * step
        if tick == 50:
            mixer.change(shown, now)
            assert mixer.wanted_key(now) == 7
        if tick >= 50 and sent and tick % 2:
            timestamp = sent[0].timestamp
            while sent and sent[0].timestamp == timestamp:
                mixer.take_picture(sent.pop(0), now)
        if tick == 150:
            mixer.change(SCENE, now)
        mixer.tick(now)
    output.close()

    with av.open(str(file)) as read:
        pictures = [(frame.time or 0.0, redness(frame)) for frame in read.decode(video=0)]
    red = [time for time, redness in pictures if redness > 150]
    assert 1.0 < min(red) < 1.4
    assert 2.9 < max(red) < 3.4
    # The slate is sent five times a second, a picture as often as it comes.
    assert 35 < len(pictures) < 45
    with av.open(str(file)) as read:
        colours = read.streams.video[0].codec_context
        assert (colours.colorspace, colours.color_range) == (Colorspace.ITU601, ColorRange.MPEG)
        sound = [packet.dts for packet in read.demux(audio=0) if packet.dts is not None]
        assert len(sound) * 1024 / 48000 == pytest.approx(4.0, abs=0.2)
        assert sound == sorted(sound)


def test_only_the_mix_that_is_wanted_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    monkeypatch.setattr(Sound, "take", lambda sound, packet: heard.append(packet.ssrc))
    output = Output(str(tmp_path / "out.flv"))
    mixer = Mixer(output, SCENE, now=100.0)
    mixer.take_sound(Packet(7, 0, 0, False, b"x"))
    mixer.change(Scene.read(asdict(replace(SCENE, sound=8))), 100.0)
    for ssrc in (7, 8):
        mixer.take_sound(Packet(ssrc, 0, 0, False, b"x"))
    output.close()

    assert heard == [8]


def test_it_gives_up_when_it_falls_behind(tmp_path: Path) -> None:
    output = Output(str(tmp_path / "out.flv"))
    mixer = Mixer(output, SCENE, now=0.0)

    with pytest.raises(FallenBehind):
        mixer.tick(10.0)
    output.close()


def test_what_it_complains_of_names_no_key() -> None:
    process = [sys.executable, "-m", "spaces.compositor", "127.0.0.1"]
    told = {"address": "rtmp://127.0.0.1:1/live/the-key", "shape": asdict(SPACE), "scene": asdict(SCENE)}

    sent = json.dumps(told) + "\n"
    done = subprocess.run(process, check=False, input=sent, capture_output=True, text=True, timeout=30)

    assert done.returncode == 1
    assert "compositor: " in done.stderr
    assert "the-key" not in done.stderr


def is_ended_by_the_alarm(address: str) -> bool:
    """Whether a compositor that is patient for a second ends by itself when it can't go on there."""
    hurried = "import spaces.compositor.__main__ as one; one.STUCK_S = 1; raise SystemExit(one.main())"
    told = {"address": address, "shape": asdict(SPACE), "scene": asdict(SCENE)}
    command = [sys.executable, "-c", hurried, "127.0.0.1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(told) + "\n")
        process.stdin.flush()
        try:
            return process.wait(20) == -signal.SIGALRM
        except subprocess.TimeoutExpired:
            process.kill()
            return False


def test_ingest_that_never_answers_ends_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert is_ended_by_the_alarm(f"rtmp://127.0.0.1:{silent.getsockname()[1]}/live/the-key")


def test_ingest_that_takes_nothing_more_ends_it(tmp_path: Path) -> None:
    """A pipe that nobody reads takes a little, too."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    unread = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        fcntl.fcntl(unread, fcntl.F_SETPIPE_SZ, 4096)
        assert is_ended_by_the_alarm(str(pipe))
    finally:
        os.close(unread)
