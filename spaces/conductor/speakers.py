"""Who is heard and seen in a Space, as Janus says, and who is the one to look at."""

from dataclasses import dataclass, field
from typing import Any

from spaces.conductor.activity import Activity


@dataclass(frozen=True)
class Video:
    """A picture that somebody shows; `is_layered` when it comes in several sizes."""

    mid: str
    codec: str = "h264"
    is_layered: bool = False


@dataclass
class Speakers:
    """A mirror of one room. Janus names people by their number as text. Times are of one clock, in seconds."""

    connected: set[int] = field(default_factory=set)
    muted: set[int] = field(default_factory=set)
    # In the order in which they began.
    talking: list[int] = field(default_factory=list)
    # Whom Janus takes for talking while they are muted: it says neither that they stop nor that they go on.
    held: set[int] = field(default_factory=set)
    videos: dict[int, Video] = field(default_factory=dict)
    activity: Activity = field(default_factory=Activity)
    # Whose picture the composed stream shows; None for the slate.
    seen: int | None = None

    @property
    def active(self) -> int | None:
        """Whom tiles and the composed stream show large."""
        return self.activity.active

    def update(self, now: float) -> bool:
        """Whether somebody else is active by now."""
        has_changed = self.activity.update(now)
        self._look()
        return has_changed

    def _look(self) -> None:
        """The picture goes to who is active and shows one, and stays with them while others speak who show none."""
        if self.active in self.videos:
            self.seen = self.active
        elif self.seen not in self.videos:
            shown = [person for person in self.talking if person in self.videos]
            self.seen = next(iter(shown or self.videos), None)

    def note_audio(self, data: dict[str, Any], now: float) -> bool:
        """An event of the AudioBridge; whether it changed anything."""
        before = self.described()
        self._note_audio(data, now)
        self._look()
        return self.described() != before

    def _note_audio(self, data: dict[str, Any], now: float) -> None:
        if data.get("audiobridge") == "talking":
            self._talk(_number(data.get("id")), now)
        elif data.get("audiobridge") == "stopped-talking":
            self._fall_silent(_number(data.get("id")), now)
        elif "leaving" in data or "kicked" in data:
            self.forget(_number(data.get("leaving", data.get("kicked"))), now)
        for one in data.get("participants", ()):
            self._note_participant(one, now)

    def _note_participant(self, facts: dict[str, Any], now: float) -> None:
        person = _number(facts.get("id"))
        if person is None:
            return
        (self.connected.add if facts.get("setup") else self.connected.discard)(person)
        if facts.get("muted"):
            self.muted.add(person)
            is_held = person in self.talking or person in self.held
            self._fall_silent(person, now)
            if is_held:
                self.held.add(person)
        else:
            self.muted.discard(person)
        if facts.get("talking") or (person in self.held and person not in self.muted):
            self._talk(person, now)

    def note_video(self, data: dict[str, Any]) -> bool:
        """An event of the VideoRoom; it tells of each end more than once."""
        before = self.described()
        for one in data.get("publishers", ()):
            person = _number(one.get("id"))
            shown = [stream for stream in one.get("streams", ()) if stream.get("type") == "video"]
            if person is not None and shown:
                is_layered = bool(shown[0].get("simulcast"))
                self.videos[person] = Video(shown[0]["mid"], shown[0].get("codec", "h264"), is_layered)
        for name in ("unpublished", "leaving", "kicked"):
            person = _number(data.get(name))
            if person is not None:
                self.videos.pop(person, None)
        self._look()
        return self.described() != before

    def _talk(self, person: int | None, now: float) -> None:
        if person is not None and person in self.muted:
            self.held.add(person)
        elif person is not None and person not in self.talking:
            self.held.discard(person)
            self.talking.append(person)
            self.activity.begin(person, now)

    def _fall_silent(self, person: int | None, now: float) -> None:
        if person is not None:
            self.held.discard(person)
        if person is not None and person in self.talking:
            self.talking.remove(person)
            self.activity.end(person, now)

    def forget(self, person: int | None, now: float) -> None:
        """Somebody's voice is gone."""
        if person is None:
            return
        self.connected.discard(person)
        self.muted.discard(person)
        self._fall_silent(person, now)
        self.activity.forget(person)

    def described(self) -> dict[str, Any]:
        return {
            "videos": sorted(self.videos),
            "muted": sorted(self.muted),
            "talking": list(self.talking),
            "active": self.active,
            "connected": sorted(self.connected),
        }


def _number(name: object) -> int | None:
    """A person's number; None for the conductor itself, and for Janus's "ok"."""
    return int(name) if isinstance(name, str) and name.isdigit() else None
