"""Tasks as they come: many short ones at a time."""

import redis

from tests.e2e.conftest import Eventually
from tests.stack import RunningStack

SEND = "from streaming.tasks import watch_ingest; [watch_ingest.apply_async(queue='urgent') for _ in range(40)]"


def test_a_burst_of_short_tasks_does_not_wait_for_the_worker_to_look_again(
    stack: RunningStack, eventually: Eventually
) -> None:
    with redis.Redis.from_url(stack.values["REDIS_URL"]) as queues:
        for _ in range(3):
            stack.manage("shell", "-v", "0", "-c", SEND)
            # A worker that took no more than it has threads would need a second for each four.
            eventually(lambda: queues.llen("urgent") == 0, within=2)
