"""What the conductor tells of a Space: who is on the stage, who is heard, and whose picture is to be seen."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Shape:
    """What a stream is like from its first frame to its last. Without a `rate` pictures are sent as they come."""

    width: int
    height: int
    bitrate: int
    rate: int = 0
    preset: str = "veryfast"


SPACE = Shape(960, 540, 900_000)
# All pictures are of a camera or a screen: a dearer preset would take half a core.
SOLO = Shape(960, 540, 1_500_000, 25, "superfast")


@dataclass(frozen=True)
class Face:
    """Somebody on the stage; `avatar` is a file, or empty."""

    user: int
    name: str
    hue: int
    avatar: str = ""


@dataclass(frozen=True)
class Feed:
    """A picture as it comes from Janus: packets with this number are its own."""

    ssrc: int
    codec: str
    name: str


@dataclass(frozen=True)
class Scene:
    title: str
    channel: str
    faces: tuple[Face, ...] = ()
    talking: tuple[int, ...] = ()
    feed: Feed | None = None
    # Packets of the mix have this number; any others are of another Space whose port this was.
    sound: int | None = None

    @classmethod
    def read(cls, facts: dict[str, Any]) -> "Scene":
        """As `dataclasses.asdict` wrote it."""
        faces = tuple(Face(**face) for face in facts["faces"])
        feed = Feed(**facts["feed"]) if facts["feed"] else None
        return cls(facts["title"], facts["channel"], faces, tuple(facts["talking"]), feed, facts["sound"])
