"""`manage.py` again and again in one process: starting one takes longer than most of what tests ask of it.

    python -m tests.console

Reads a JSON list of arguments a line, and answers each with {"output", "error"} on a line.
"""

import json
import os
import sys
import traceback
from contextlib import redirect_stdout
from io import StringIO

from django.core.management import ManagementUtility
from django.db import connections


def run(arguments: list[str]) -> dict[str, str]:
    """What a command printed, and how it failed."""
    output, error = StringIO(), ""
    try:
        with redirect_stdout(output):
            ManagementUtility(["manage.py", *arguments]).execute()
    except (Exception, SystemExit):  # noqa: BLE001 - the test is told of whatever it is
        error = traceback.format_exc()
    finally:
        connections.close_all()
    return {"output": output.getvalue(), "error": error}


def main() -> None:
    """Serve until there is nothing more to read."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
