"""Who is heard and seen in a Space, as Janus says, and who is the one to look at."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Speakers:
    """A mirror of one room. Janus names people by their number as text."""

    connected: set[int] = field(default_factory=set)
    muted: set[int] = field(default_factory=set)
    # In the order in which they began.
    talking: list[int] = field(default_factory=list)
    # Whom Janus takes for talking while they are muted: it says neither that they stop nor that they go on.
    held: set[int] = field(default_factory=set)
    videos: dict[int, list[str]] = field(default_factory=dict)
    active: int | None = None

    def note_audio(self, data: dict[str, Any]) -> bool:
        """An event of the AudioBridge; whether it changed anything."""
        before = self.described()
        if data.get("audiobridge") == "talking":
            self._talk(_number(data.get("id")))
        elif data.get("audiobridge") == "stopped-talking":
            self._fall_silent(_number(data.get("id")))
        elif "leaving" in data or "kicked" in data:
            self.forget(_number(data.get("leaving", data.get("kicked"))))
        for one in data.get("participants", ()):
            self._note_participant(one)
        return self.described() != before

    def _note_participant(self, facts: dict[str, Any]) -> None:
        person = _number(facts.get("id"))
        if person is None:
            return
        (self.connected.add if facts.get("setup") else self.connected.discard)(person)
        if facts.get("muted"):
            self.muted.add(person)
            is_held = person in self.talking or person in self.held
            self._fall_silent(person)
            if is_held:
                self.held.add(person)
        else:
            self.muted.discard(person)
        if facts.get("talking") or (person in self.held and person not in self.muted):
            self._talk(person)

    def note_video(self, data: dict[str, Any]) -> bool:
        """An event of the VideoRoom; it tells of each end more than once."""
        before = self.described()
        for one in data.get("publishers", ()):
            person = _number(one.get("id"))
            mids = [stream["mid"] for stream in one.get("streams", ()) if stream.get("type") == "video"]
            if person is not None and mids:
                self.videos[person] = mids
        for name in ("unpublished", "leaving", "kicked"):
            person = _number(data.get(name))
            if person is not None:
                self.videos.pop(person, None)
        return self.described() != before

    def _talk(self, person: int | None) -> None:
        if person is not None and person in self.muted:
            self.held.add(person)
        elif person is not None and person not in self.talking:
            self.held.discard(person)
            self.talking.append(person)
        self._choose()

    def _fall_silent(self, person: int | None) -> None:
        if person is not None:
            self.held.discard(person)
        if person in self.talking:
            self.talking.remove(person)
        self._choose()

    def _choose(self) -> None:
        """Who is looked at stays so while they talk, and until somebody else does."""
        if self.active not in self.talking and self.talking:
            self.active = self.talking[0]

    def forget(self, person: int | None) -> None:
        """Somebody's voice is gone."""
        if person is None:
            return
        self.connected.discard(person)
        self.muted.discard(person)
        self._fall_silent(person)
        if self.active == person:
            self.active = self.talking[0] if self.talking else None

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
