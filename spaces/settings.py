"""What Spaces are told by the environment."""

from django.conf import settings
from django.utils.crypto import salted_hmac


def is_on() -> bool:
    """Whether there is a Janus."""
    return bool(settings.ENV.janus_url)


def most_seats() -> int:
    """How many pages may be in one Space."""
    seats: int = settings.ENV.space_seats
    return seats


def room_secret(space: str) -> str:
    """What opens a room of Janus to the conductor, also to another one after a crash."""
    return salted_hmac("spaces.room", space, algorithm="sha256").hexdigest()[:32]
