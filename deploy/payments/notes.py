"""What the front itself remembers, in one SQLite file: answers by idempotency key, disputes, events."""

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Note = dict[str, Any]


class Notes:
    """Rows of JSON by kind and id, in the order they were first written."""

    def __init__(self, path: Path) -> None:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._rows = sqlite3.connect(path, isolation_level=None)
        self._rows.execute("PRAGMA journal_mode=WAL")
        self._rows.execute(
            "CREATE TABLE IF NOT EXISTS notes"
            " (number INTEGER PRIMARY KEY, kind TEXT, id TEXT, body TEXT, UNIQUE (kind, id))"
        )

    def get(self, kind: str, id: str) -> Note | None:
        row = self._rows.execute("SELECT body FROM notes WHERE kind = ? AND id = ?", (kind, id)).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, kind: str, id: str, body: Note) -> None:
        self._rows.execute(
            "INSERT INTO notes (kind, id, body) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            (kind, id, json.dumps(body)),
        )

    def all(self, kind: str) -> Iterator[Note]:
        for (body,) in self._rows.execute("SELECT body FROM notes WHERE kind = ? ORDER BY number", (kind,)):
            yield json.loads(body)

    def close(self) -> None:
        self._rows.close()
