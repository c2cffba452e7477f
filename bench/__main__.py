"""All benches in turn, one JSON line each: `python -m bench`. Progress goes to stderr."""

import subprocess
import sys

BENCHES = ("edge", "fanout", "packager", "arrival", "latency")


def main() -> None:
    """Run them; the exit status says whether one failed."""
    statuses = [subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode for name in BENCHES]
    raise SystemExit(any(statuses))


if __name__ == "__main__":
    main()
