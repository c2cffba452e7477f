"""From the admission of an encoder to its first playable part, and to the first picture in a page that is opened.

`python -m bench.arrival` prints one JSON line. What is sent was encoded beforehand (1280x720 at 30 fps, x264 veryfast),
so neither an encoder's look-ahead (0.6 s with veryfast) nor its share of the machine is in it. For key frames each 2 s
and each 250 frames (OBS's default), the median of the runs and every run:
- first_part_s, playable_s: from the admission (the publish hook is asked) until the first part is announced to the
  edge, and until the multivariant playlist is there as well.
- first_frame_ms: from opening the page, with empty caches, to its first picture; clicked_ms: from a click on the home
  page, where the viewer has been for a moment, to the first picture. The browser decodes and draws on the
  same cores that serve it, beside the re-encoder of the lower rendition: `--set LADDER=` leaves that out.
"""

import argparse
import json
import os
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser

from bench.instance import Instance, note, read_settings, running_instance
from bench.packager import ffmpeg, make_sample
from bench.viewer import chromium, time_clicks, time_openings

_GOPS = {"gop-2s": 60, "gop-250": 250}
_SETTLE_S = 6.0


def measure(instance: Instance, browser: Browser, sample: Path, name: str, opens: int) -> dict[str, float]:
    """One encoder that comes, and pages opened on it; seconds and milliseconds."""
    channel = instance.open_channel(name)
    sending = ("-re", "-stream_loop", "-1", "-i", str(sample), "-c", "copy", "-f", "flv", channel.target)
    with instance.positions() as positions, ffmpeg(*sending):
        playable = positions.await_playable()
        time.sleep(_SETTLE_S)
        cold, _ = time_openings(browser, channel.watch_url, opens)
        clicked = time_clicks(browser, channel.watch_url, opens)
    (session,) = instance.sessions(name)
    run = {
        "first_part_s": round(playable.part_at - session.admitted_at, 3),
        "playable_s": round(playable.playlist_at - session.admitted_at, 3),
        "first_frame_ms": round(statistics.median(cold)),
        "clicked_ms": round(statistics.median(clicked)),
    }
    note(f"{name}: {json.dumps(run)}")
    return run


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--opens", type=int, default=3, help="how often the page is opened in a run")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the instance")
    options = parser.parse_args()
    load = round(os.getloadavg()[0], 2)
    line: dict[str, object] = {
        "bench": "arrival",
        "cores": os.cpu_count(),
        "load_before": load,
        "settings": options.set,
    }
    with (
        TemporaryDirectory(prefix="estrade-bench-") as directory,
        running_instance(read_settings(options.set)) as instance,
        chromium() as browser,
    ):
        for case, gop in _GOPS.items():
            sample = Path(directory) / f"{case}.flv"
            make_sample(sample, gop=gop)
            runs = [measure(instance, browser, sample, f"{case}-{run}", options.opens) for run in range(options.runs)]
            line[case] = {key: statistics.median(run[key] for run in runs) for key in runs[0]} | {"runs": runs}
    print(json.dumps(line))


if __name__ == "__main__":
    main()
