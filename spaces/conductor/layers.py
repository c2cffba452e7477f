"""Which size of a picture a page is sent, where it comes in several.

Layers are listed large first: Janus numbers them downwards from 2. Our own pages send one size. A page says whom it
shows large; of everybody else it is sent the small picture.
"""

from collections.abc import Collection, Mapping

from spaces.conductor.speakers import Video

SMALL, LARGE = 1, 2


def wanted(videos: Mapping[int, Video], large: Collection[int]) -> dict[int, int]:
    """The layer of each person's picture; one that comes in one size has none."""
    return {user: LARGE if user in large else SMALL for user, video in videos.items() if video.is_layered}


def to_change(mids: Mapping[int, str], given: Mapping[int, int], wanted: Mapping[int, int]) -> dict[int, int]:
    """What Janus must be asked for, where it sends something else: `mids` are the streams of a page."""
    return {user: layer for user, layer in wanted.items() if user in mids and given.get(user) != layer}
