"""How often somebody may do something, counted in the cache."""

from django.core.cache import cache
from redis import RedisError

from accounts.errors import TooMany


def count(what: str, who: object, *, at_most: int, within_s: int) -> None:
    """Count one more try. Raises TooMany past the limit; with the cache away nobody is kept out."""
    key = f"limit:{what}:{who}"
    try:
        cache.add(key, 0, within_s)
        tries = cache.incr(key)
    except (RedisError, ValueError):
        return
    if tries > at_most:
        raise TooMany
