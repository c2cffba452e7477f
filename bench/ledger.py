"""The ledger under load: `python -m bench.ledger`.

PostgreSQL and PgBouncer as they are deployed. Entries are tips of four lines, posted through `monetization.ledger.post`
in a transaction each, and checked at its end. The cases:

- `one`: a process that posts for 50 creators in turn
- `many`: 4 processes at once, for 50 creators, whose balances are locked apart
- `crowd`: 4 processes at once, for one creator, who stand in line for one balance
- `race`: 4 processes that each want the whole of a balance at the same moment, for 50 balances

Prints one JSON line. Fails unless each balance is paid out once, kept balances are the sums of their lines, and all
lines together sum to zero.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.fanout import running_web
from bench.instance import note
from deploy.stack import Stack

PROCESSES, CREATORS = 4, 50
PATIENCE_S = 120.0
_MAKE = f"""
from django.utils import timezone
from accounts.models import User
from monetization.models import BankAccount, PayoutBatch
names = [f"creator{{number}}" for number in range({CREATORS})]
people = User.objects.bulk_create([User(username=name, email=f"{{name}}@example.com", password="!") for name in names])
now = timezone.now()
BankAccount.objects.bulk_create([
    BankAccount(user=person, holder="Creator", number="12345678", changed_at=now) for person in people
])
PayoutBatch.objects.create(currency="eur", made_by=people[0], made_at=now)
"""
_BEGIN = """
import time
from pathlib import Path
from django.db import transaction
from django.utils import timezone
from accounts.models import User
from monetization.creators import earned
from monetization.errors import NotEnough
from monetization.ledger import FEES, GATEWAY, INCOME, balance_of, payable, post
from monetization.models import PayoutBatch
from monetization.money import Money
from monetization.payouts import pay_out
people = list(User.objects.filter(username__startswith="creator").order_by("pk")[:{creators}])
batch = PayoutBatch.objects.get()
amounts = [balance_of(payable(person), "eur") for person in people]
Path("{room}/ready-{number}").touch()
while not Path("{room}/go").exists():
    time.sleep(0.01)
time.sleep(max(0.0, float(Path("{room}/go").read_text()) - time.time()))
began, count = time.monotonic(), 0
"""
_POST = """
while time.monotonic() < began + {seconds}:
    creator = people[({number} + {processes} * count) % len(people)]
    with transaction.atomic():
        lines = [(GATEWAY, Money(-467, "eur")), (FEES, Money(-33, "eur")), (INCOME, Money(150, "eur"))]
        lines += earned(creator, Money(350, "eur"))
        post(key=f"{room}-{number}-{{count}}", kind="tip", lines=lines, now=timezone.now())
    count += 1
print(count)
"""
_RACE = """
for place, (creator, amount) in enumerate(zip(people, amounts)):
    time.sleep(max(0.0, began + place * 0.1 - time.monotonic()))
    try:
        pay_out(creator=creator, amount=amount, batch=batch, now=timezone.now())
        count += 1
    except NotEnough:
        pass
print(count)
"""
_CHECK = """
import json
from django.db.models import Count, F, Sum
from monetization.models import LedgerAccount, LedgerLine, Payout
kept = LedgerAccount.objects.filter(keeps_balance=True).annotate(total=Sum("lines__amount_minor"))
print(json.dumps({
    "sum_minor": LedgerLine.objects.aggregate(total=Sum("amount_minor"))["total"],
    "wrong_balances": kept.exclude(balance_minor=F("total")).count(),
    "paid_twice": Payout.objects.values("creator").annotate(count=Count("pk")).filter(count__gt=1).count(),
    "paid": Payout.objects.values("creator").distinct().count(),
}))
"""


def at_once(stack: Stack, script: str, processes: int, **facts: Any) -> list[int]:
    """What so many processes print that begin at the same moment."""
    with tempfile.TemporaryDirectory(prefix="estrade-ledger-") as room:
        facts |= {"processes": processes, "room": room}
        started = [
            stack.start_manage("shell", "-v", "0", "-c", (_BEGIN + script).format(number=number, **facts))
            for number in range(processes)
        ]
        _say_go(Path(room), processes)
        return [_count_of(process) for process in started]


def _say_go(room: Path, processes: int) -> None:
    """Once all are there, they begin half a second later."""
    deadline = time.monotonic() + PATIENCE_S
    while len(list(room.glob("ready-*"))) < processes:
        assert time.monotonic() < deadline, "not all processes came up"
        time.sleep(0.05)
    (room / "soon").write_text(str(time.time() + 0.5))
    (room / "soon").rename(room / "go")


def _count_of(process: subprocess.Popen[str]) -> int:
    output, complaint = process.communicate()
    if process.returncode:
        note(complaint[-2000:])
    return int(output or 0)


def measure(stack: Stack, processes: int, creators: int, seconds: float) -> dict[str, Any]:
    counts = at_once(stack, _POST, processes, creators=creators, seconds=seconds)
    return {"processes": processes, "creators": creators, "entries_a_s": round(sum(counts) / seconds, 1)}


def main() -> None:
    """Measure the cases and print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    line: dict[str, Any] = {"bench": "ledger", "cores": os.cpu_count(), "seconds": options.seconds}
    with running_web() as stack:
        stack.manage("shell", "-v", "0", "-c", _MAKE)
        for name, processes, creators in (("one", 1, CREATORS), ("many", PROCESSES, CREATORS), ("crowd", PROCESSES, 1)):
            line[name] = measure(stack, processes, creators, options.seconds)
            note(f"{name}: {line[name]}")
        winners = at_once(stack, _RACE, PROCESSES, creators=CREATORS)
        checked = json.loads(stack.manage("shell", "-v", "0", "-c", _CHECK))
    line["race"] = {"balances": CREATORS, "wanted": PROCESSES * CREATORS, "paid": sum(winners)}
    line["checked"] = checked
    print(json.dumps(line))
    is_right = checked == {"sum_minor": 0, "wrong_balances": 0, "paid_twice": 0, "paid": CREATORS}
    raise SystemExit(0 if is_right and sum(winners) == CREATORS else 1)


if __name__ == "__main__":
    main()
