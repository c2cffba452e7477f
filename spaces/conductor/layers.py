"""Which size of a picture a page is sent, where it comes in two.

Pages send their camera large and at half the width, listed in that order, of which Janus makes the layers 1 and 0. A
page says whom it shows large; of everybody else it is sent the small picture. Layers change with a key frame of the one
that is wanted. Janus asks for one, but a browser that sent one a moment ago doesn't listen, and one that has just begun
sends the small layer alone: so it is asked again until Janus says that what is wanted comes.
"""

from collections.abc import Collection, Mapping

from spaces.conductor.speakers import Video

SMALL, LARGE = 0, 1
# When to ask, in seconds after one another. Past that Janus changes by itself with whatever key frame comes.
ASK_AFTER_S = (0.0, 0.4, 0.8, 1.6, 3.2)


def wanted(videos: Mapping[int, Video], large: Collection[int]) -> dict[int, int]:
    """The layer of each person's picture; one that comes in one size has none."""
    return {user: LARGE if user in large else SMALL for user, video in videos.items() if video.is_layered}
