"""What the signed edge costs against bare nginx, and how fast 500 waiting viewers get their part.

`python -m bench.edge` prints one JSON line:
- parts: whole answers with one 60 kB part received in a second, over 32 kept-alive connections with one request under
  way on each; nginx has one core, the load generator another. Bare nginx sends the same file with the same settings for
  sending, without signature, Lua or headers. A pair is sixteen turns of a quarter second, edge and bare in turn.
- waiting: milliseconds from just before a part is written until a viewer has the whole playlist that names it. A run is
  fifteen parts, three a second; each of the viewers asks again 30 to 120 ms after an answer.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import multiprocessing
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import redis

from bench.edge_house import House, running_house
from bench.edge_viewers import PARTS_A_SEGMENT, fetch_parts, watch

PART = os.urandom(60_000)
CONNECTIONS = 32
TURN_S, TURNS = 0.25, 8
PART_S = 1 / 3
PARTS_A_RUN = 15
WINDOW = 18


@contextlib.contextmanager
def cores_apart(house: House) -> Iterator[None]:
    """Give nginx's workers one core and this process another, where there are two."""
    ours = os.sched_getaffinity(0)
    if len(ours) < 2:
        yield
        return
    first, second = sorted(ours)[:2]
    for master in (house.edge_pid, house.bare_pid):
        for worker in Path(f"/proc/{master}/task/{master}/children").read_text().split():
            os.sched_setaffinity(int(worker), {first})
    os.sched_setaffinity(0, {second})
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)


def measure_parts(house: House, pairs: int) -> dict[str, object]:
    """Answers a second, edge against bare."""
    name = "1-0.0.m4s"
    (house.directory / name).write_bytes(PART)
    addresses = ((house.edge_port, f"{house.signed}/{name}"), (house.bare_port, f"{house.bare}/{name}"))
    measured: list[tuple[float, float]] = []
    for _ in range(pairs):
        turns = [[fetch_parts(port, path, CONNECTIONS, TURN_S) for port, path in addresses] for _ in range(TURNS)]
        measured.append((statistics.fmean(edge for edge, _ in turns), statistics.fmean(bare for _, bare in turns)))
    ratios = [edge / bare for edge, bare in measured]
    return {
        "ratio": round(statistics.median(ratios), 3),
        "ratios": [round(ratio, 3) for ratio in ratios],
        "edge_per_s": [round(edge) for edge, _ in measured],
        "bare_per_s": [round(bare) for _, bare in measured],
    }


def playlist(newest: int, skipped: int = 0) -> bytes:
    """A live playlist of the usual size that ends with part number `newest`."""
    msn, part = divmod(newest, PARTS_A_SEGMENT)
    lines = ["#EXTM3U", "#EXT-X-VERSION:9", "#EXT-X-TARGETDURATION:3", f"#EXT-X-MEDIA-SEQUENCE:{max(0, msn - WINDOW)}"]
    lines += [f"#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}"] if skipped else []
    for number in range(max(0, msn - WINDOW) + skipped, msn + 1):
        last = PARTS_A_SEGMENT if number < msn else part + 1
        if number > msn - 4:
            lines += [f'#EXT-X-PART:DURATION=0.33333,URI="1-{number}.{index}.m4s"' for index in range(last)]
        if number < msn:
            lines += ["#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:00.000Z", "#EXTINF:2.00000,", f"1-{number}.m4s"]
    return "\n".join(lines).encode()


def publish(house: House, broker: redis.Redis, newest: int) -> float:
    """Write a part and its playlists and announce it, as the packager does; returns when the writing began."""
    began = time.monotonic()
    msn, part = divmod(newest, PARTS_A_SEGMENT)
    files = {f"1-{msn}.{part}.m4s": PART}
    for name, content in (("media.m3u8", playlist(newest)), ("media.delta.m3u8", playlist(newest, 6))):
        files[f"{name}.gz"] = gzip.compress(content, 6)
    for name, content in files.items():
        draft = house.directory / f".{name}"
        draft.write_bytes(content)
        draft.rename(house.directory / name)
    key = f"{house.media_path}/source"
    position = f"{key} 1 {msn} {part} {part == PARTS_A_SEGMENT - 1:d} 0"
    with broker.pipeline(transaction=False) as pipeline:
        pipeline.set(f"hls:{key}", position)
        pipeline.publish("hls", position)
        pipeline.execute()
    return began


def measure_waiting(house: House, viewers: int, runs: int) -> dict[str, object]:
    """The spread of answers to viewers who all wait for the same part."""
    broker = redis.Redis(unix_socket_path=house.redis_socket)
    publish(house, broker, 0)
    ours, theirs = multiprocessing.Pipe()
    arguments = (theirs, house.edge_port, house.signed, viewers)
    audience = multiprocessing.Process(target=watch, args=arguments, daemon=True)
    audience.start()
    figures = []
    for run in range(runs):
        first = 1 + run * PARTS_A_RUN
        ours.send((first, PARTS_A_RUN))
        written_at: dict[int, float] = {}
        for newest in range(first, first + PARTS_A_RUN):
            time.sleep(PART_S)
            written_at[newest] = publish(house, broker, newest)
        figures.append(sorted((at - written_at[newest]) * 1000 for newest, at in ours.recv()))
    ours.send(None)
    audience.join()
    spreads = {
        "p50_ms": [spread[len(spread) // 2] for spread in figures],
        "p99_ms": [spread[len(spread) * 99 // 100] for spread in figures],
        "max_ms": [spread[-1] for spread in figures],
    }
    medians = {name: round(statistics.median(values), 1) for name, values in spreads.items()}
    each = {f"{name}_runs": [round(value, 1) for value in values] for name, values in spreads.items()}
    return {"viewers": viewers, "answers_a_run": len(figures[0]), **medians, **each}


def main() -> None:
    """Measure both and print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--viewers", type=int, default=500)
    options = parser.parse_args()
    with running_house() as house:
        house.directory.mkdir(parents=True)
        waiting = measure_waiting(house, options.viewers, options.runs)
        with cores_apart(house):
            parts = measure_parts(house, options.pairs)
    print(json.dumps({"bench": "edge", "cores": os.cpu_count(), "parts": parts, "waiting": waiting}))


if __name__ == "__main__":
    main()
