"""Tables for spreadsheets, in which no text becomes a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from monetization.money import Money

Cell = str | int | Money | Decimal | datetime | None
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """As RFC 4180 has it, with a mark that it is UTF-8. Amounts are plain decimals, times are ISO 8601's."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return "\ufeff" + out.getvalue()


def _plain(cell: Cell) -> str:
    if isinstance(cell, Money):
        return f"{cell.decimal:f}"
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    if isinstance(cell, str) and cell.startswith(_BEGINS_FORMULA):
        return f"'{cell}"
    return "" if cell is None else str(cell)
