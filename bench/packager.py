"""What packaging costs against bare ffmpeg: CPU of both, reading the same broadcasts from the same ingest at once.

`python -m bench.packager` prints one JSON line; for each number of broadcasts the median of the runs and every run.
A run is a window of time in the middle of broadcasts that go on: starting processes is not in it, nor is what a
broadcast does in its first seconds. User and system time, from /proc:
- ours: Estrade's packager worker as it is deployed (Celery, leases, health, sending positions to Redis) with all its
  threads, and the ffmpegs it runs. It makes what bare makes, the source rendition passed through (LADDER is empty,
  AUDIO_RENDITION and TRANSCODE_SLOTS are 0); with --with-audio also the audio rendition, cut out of the source.
- bare: `ffmpeg -c copy -f hls` for each broadcast, segments of 2 s, as long a playlist.
- idle: the worker before the first broadcast. It is contained in ours.
Redis, ingest, web and the encoders are in neither. `above_percent` is how much of a core a broadcast takes beyond
bare ffmpeg's.
"""

import argparse
import json
import os
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.instance import Instance, note, running_instance
from bench.source import end_with_us

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_SAMPLE_S = 20
_SETTLE_S = 8.0
_IDLE_S = 10.0
_APPEARS_WITHIN_S = 30.0
_SETTINGS = {"LADDER": "", "TRANSCODE_SLOTS": "0"}


@dataclass(frozen=True)
class Window:
    """CPU seconds of one window."""

    ours_s: float
    bare_s: float
    ours_python_s: float
    ours_ffmpeg_s: float
    ratio: float
    above_percent: float


def cpu_seconds(pid: int) -> float:
    """User and system time that a process has used, all threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND


def children(pid: int) -> set[int]:
    """The processes that any thread of a process has started."""
    lists = (task.joinpath("children").read_text() for task in Path(f"/proc/{pid}/task").iterdir())
    return {int(child) for text in lists for child in text.split()}


def make_sample(path: Path, *, gop: int = 60) -> None:
    """A recording of what OBS sends: 1280x720 at 30 fps, x264 veryfast, 2.5 Mb/s, a GOP of 2 s, AAC."""
    picture = f"testsrc2=size=1280x720:rate=30:duration={_SAMPLE_S},noise=alls=4:allf=t"
    sound = f"sine=frequency=330:sample_rate=48000:duration={_SAMPLE_S}"
    command = ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound]
    command += ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-b:v", "2500k"]
    command += [
        "-g",
        str(gop),
        "-keyint_min",
        str(gop // 2),
        "-sc_threshold",
        "0",
        "-maxrate",
        "2500k",
        "-bufsize",
        "2500k",
        "-c:a",
        "aac",
        "-b:a",
        "128k",
        str(path),
    ]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


@contextmanager
def ffmpeg(*arguments: str) -> Iterator[int]:
    """An ffmpeg for as long as the block lasts; its process id."""
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", *arguments]
    process = subprocess.Popen(command, preexec_fn=end_with_us)  # noqa: PLW1509
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def _publish(stack: ExitStack, instance: Instance, sample: Path, names: Sequence[str]) -> None:
    targets = [instance.open_channel(name).target for name in names]
    with instance.positions() as positions:
        for target in targets:
            stack.enter_context(
                ffmpeg("-re", "-stream_loop", "-1", "-i", str(sample), "-c", "copy", "-f", "flv", target)
            )
            positions.await_playable()


def _read_bare(stack: ExitStack, instance: Instance, directory: Path, names: Sequence[str]) -> list[int]:
    """Bare ffmpegs on the same sessions, once each has written its playlist."""
    port = instance.stack.values["RTMP_PORT"]
    pids = []
    playlists = []
    for session in instance.sessions(*names):
        playlist = directory / session.channel / "media.m3u8"
        playlist.parent.mkdir()
        output = ["-f", "hls", "-hls_time", "2", "-hls_list_size", "18", "-hls_flags", "delete_segments", str(playlist)]
        source = f"rtmp://127.0.0.1:{port}/live/{session.name}"
        pids.append(stack.enter_context(ffmpeg("-i", source, "-c", "copy", *output)))
        playlists.append(playlist)
    deadline = time.monotonic() + _APPEARS_WITHIN_S
    while not all(playlist.exists() for playlist in playlists):
        if time.monotonic() > deadline:
            raise TimeoutError("bare ffmpeg wrote no playlist")
        time.sleep(0.1)
    return pids


def measure_window(packager: int, bare: Sequence[int], seconds: float) -> Window:
    """What both use while `seconds` pass; raises RuntimeError if an ffmpeg of ours was started anew meanwhile."""
    ours = sorted(children(packager))
    pids = [packager, *ours, *bare]
    before = {pid: cpu_seconds(pid) for pid in pids}
    time.sleep(seconds)
    if sorted(children(packager)) != ours or len(ours) != len(bare):
        raise RuntimeError(f"{len(bare)} broadcasts, ffmpegs before {ours}, after {sorted(children(packager))}")
    used = {pid: cpu_seconds(pid) - before[pid] for pid in pids}
    python, readers, bare_s = used[packager], sum(used[pid] for pid in ours), sum(used[pid] for pid in bare)
    above = (python + readers - bare_s) / seconds / len(bare) * 100
    return Window(
        ours_s=round(python + readers, 2),
        bare_s=round(bare_s, 2),
        ours_python_s=round(python, 2),
        ours_ffmpeg_s=round(readers, 2),
        ratio=round((python + readers) / bare_s, 3),
        above_percent=round(above, 2),
    )


def measure(instance: Instance, sample: Path, count: int, runs: int, seconds: float) -> dict[str, object]:
    """`count` broadcasts at once, in `runs` windows."""
    names = [f"bench-{count}-{number}" for number in range(count)]
    packager = instance.stack.pid("packager")
    windows = []
    with TemporaryDirectory(prefix="estrade-bench-") as directory, ExitStack() as stack:
        _publish(stack, instance, sample, names)
        bare = _read_bare(stack, instance, Path(directory), names)
        time.sleep(_SETTLE_S)
        for _ in range(runs):
            windows.append(measure_window(packager, bare, seconds))
            note(f"{count} broadcasts: {json.dumps(asdict(windows[-1]))}")
    each = [asdict(window) for window in windows]
    medians = {name: round(statistics.median(window[name] for window in each), 3) for name in each[0]}
    return {"broadcasts": count, **medians, "runs": each}


def measure_idle(packager: int) -> float:
    """Percent of a core that the worker takes before it has work."""
    before = cpu_seconds(packager)
    time.sleep(_IDLE_S)
    return round((cpu_seconds(packager) - before) / _IDLE_S * 100, 2)


def await_end(packager: int) -> None:
    """Wait until the packager has let go of its readers."""
    deadline = time.monotonic() + _APPEARS_WITHIN_S
    while children(packager):
        if time.monotonic() > deadline:
            raise TimeoutError("the packager still reads")
        time.sleep(0.1)


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broadcasts", type=int, action="append", help="how many at once; again for more: 1, 4 and 8")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--with-audio", action="store_true", help="also make the audio rendition")
    options = parser.parse_args()
    settings = _SETTINGS | {"AUDIO_RENDITION": str(int(options.with_audio))}
    results = []
    load = round(os.getloadavg()[0], 2)
    with TemporaryDirectory(prefix="estrade-bench-") as directory, running_instance(settings) as instance:
        sample = Path(directory) / "sample.flv"
        make_sample(sample)
        packager = instance.stack.pid("packager")
        idle = measure_idle(packager)
        for count in options.broadcasts or (1, 4, 8):
            results.append(measure(instance, sample, count, options.runs, options.seconds))
            await_end(packager)
    line = {"bench": "packager", "cores": os.cpu_count(), "load_before": load, "seconds": options.seconds}
    line |= {"audio_rendition": options.with_audio}
    print(json.dumps({**line, "idle_percent": idle, "results": results}))


if __name__ == "__main__":
    main()
