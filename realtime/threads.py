"""Threads for what the event loop must not wait for: the database, and the functions that apps register."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
T = TypeVar("T")

# As many sockets' questions at a time; the pool of connections to PostgreSQL is shared with pages.
_pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="realtime")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The function's answer, with a database connection of the thread's own."""
    return await asyncio.get_running_loop().run_in_executor(_pool, lambda: _connected(function, *args, **kwargs))


def _connected(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    close_old_connections()
    try:
        return function(*args, **kwargs)
    finally:
        close_old_connections()
