"""How often somebody may do something in Spaces."""

from accounts import limits
from accounts.errors import TooMany
from spaces.errors import TooOften

# Pages at a time, over all Spaces: of somebody, and of all strangers at one address.
MOST_SEATS_OF_USER, MOST_SEATS_OF_ADDRESS = 6, 40
# Spaces of which a stream is made because somebody at one address listens: each costs as much as a transcoding.
MOST_COMPOSED_FOR_ADDRESS = 5
# Calls, and in how many seconds.
RATES = {
    "create": (20, 3600),
    "enter": (60, 60),
    "attend": (120, 60),
    "media": (60, 60),
    "answer": (120, 60),
    "switch": (120, 60),
    "prefer": (240, 60),
    "react": (20, 10),
    "hand": (10, 60),
    "lead": (60, 60),
    "card": (60, 60),
    "remind": (30, 60),
    "solo": (20, 60),
}


def count(what: str, who: object) -> None:
    """Count one more. Raises TooOften past the limit."""
    at_most, within_s = RATES[what]
    try:
        limits.count(f"space-{what}", who, at_most=at_most, within_s=within_s)
    except TooMany as error:
        raise TooOften from error
