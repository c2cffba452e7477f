"""Watch a live presentation and say which rules of low-latency HLS it breaks.

`python -m tests.hls_validator URL --seconds 300` with the address of a multivariant playlist, as
`./manage.py channel NAME --json` prints it. Ends with 1 when something that must be so is not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.hls.recording import Recording, record
from tests.hls.violation import Violation

__all__ = ["Recording", "Violation", "broken_musts", "record"]


def broken_musts(violations: Sequence[Violation]) -> list[str]:
    """What must not be, in words."""
    return [str(violation) for violation in violations if violation.is_must]


def main() -> int:
    """Record, validate, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--media", action="store_true", help="download everything and measure it with ffprobe")
    options = parser.parse_args()
    recording = record(options.url, options.seconds, with_media=options.media)
    violations = recording.validate()
    for violation in violations:
        print(violation)
    for track in recording.tracks:
        statuses = sorted({status for _, status in track.statuses})
        position = track.newest.position if track.newest else None
        print(f"{track.variant.uri}: {len(track.snapshots)} playlists, up to {position}, other answers: {statuses}")
    return 1 if broken_musts(violations) else 0


if __name__ == "__main__":
    sys.exit(main())
