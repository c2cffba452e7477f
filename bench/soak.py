"""Five minutes of one broadcast in one watch page, without a single stall.

`python -m bench.soak` prints one JSON line, as bench.latency has it, and fails if the picture stood still.
"""

import argparse
import json
import os
from dataclasses import asdict

from bench.instance import read_settings, running_instance
from bench.latency import Plan, watch
from bench.source import CASES, sending
from bench.viewer import chromium, fresh_context, open_page


def main() -> None:
    """Watch, print, and exit with 1 after a stall."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=CASES, default="veryfast")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the instance")
    options = parser.parse_args()
    with running_instance(read_settings(options.set)) as instance, chromium() as browser:
        channel = instance.open_channel("soak")
        with (
            instance.positions() as positions,
            fresh_context(browser) as context,
            sending(options.case, channel.target) as sent,
        ):
            positions.await_playable()
            watched = watch(open_page(context, channel.watch_url), Plan.settle_s, options.seconds)
    line = {"bench": "soak", "cores": os.cpu_count(), "case": options.case, "seconds": options.seconds}
    print(json.dumps({**line, "encoder_late_ms": sent.late_ms, **asdict(watched)}))
    raise SystemExit(watched.stalls > 0)


if __name__ == "__main__":
    main()
