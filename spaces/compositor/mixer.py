"""What is seen and heard now, by one clock: it decides whose picture, or the slate, and keeps both tracks going."""

import av

from spaces.compositor import slate
from spaces.compositor.output import Output
from spaces.compositor.picture import Picture, to_frame
from spaces.compositor.rtp import Packet
from spaces.compositor.scene import SPACE, Scene, Shape
from spaces.compositor.sound import CHUNK, RATE, Sound

# A picture that froze for so long gives way to the slate, and one that is awaited keeps the last one in sight.
_FROZEN_S, _AWAITED_S = 3.0, 1.0
_SLATE_EACH_S, _PICTURE_EACH_S = 0.2, 0.035
_FALLEN_BEHIND_S = 4.0


class FallenBehind(Exception):
    """This machine, or ingest, is too slow for the stream to go on."""


class Mixer:
    def __init__(self, output: Output, scene: Scene, now: float, shape: Shape = SPACE) -> None:
        self._output, self.scene, self._shape = output, scene, shape
        self._began, self._sound = now, Sound()
        self._slate: tuple[Scene, av.VideoFrame] | None = None
        self._picture: Picture | None = None
        self._before: Picture | None = None
        self._changed_at = self._seen_at = now - 1
        self._chunks, self._last = 0, -1

    def change(self, scene: Scene, now: float) -> None:
        """Another scene. Whose picture is seen stays so until the next one's first frame is there."""
        feed = self._picture.feed if self._picture else None
        if scene.feed != feed:
            self._before = self._picture if scene.feed and self._picture and self._picture.frame else None
            self._picture = Picture(scene.feed, self._shape) if scene.feed else None
            self._changed_at = now
        self.scene = scene

    def take_sound(self, packet: Packet) -> None:
        """A packet of the mix. What isn't of the one that is wanted is dropped."""
        if packet.ssrc == self.scene.sound:
            self._sound.take(packet)

    def take_picture(self, packet: Packet, now: float) -> None:
        """A packet of video. What isn't of the feed that is wanted is dropped."""
        picture = self._picture
        if picture is None or packet.ssrc != picture.feed.ssrc or not picture.take(packet, now):
            return
        self._before = None
        assert picture.frame is not None
        if not self._shape.rate and now - self._seen_at >= _PICTURE_EACH_S:
            self._see(picture.frame, now)

    def wanted_key(self, now: float) -> int | None:
        """The number of the feed of which a key frame is to be asked for now."""
        picture = self._picture
        return picture.feed.ssrc if picture and picture.wants_key(now) else None

    def tick(self, now: float) -> None:
        """Sound up to now, and the pictures that are due; without a rate one when none has been sent for a while."""
        behind = now - self._began - self._chunks * CHUNK / RATE
        if behind > _FALLEN_BEHIND_S:
            raise FallenBehind
        while self._chunks * CHUNK / RATE <= now - self._began:
            self._output.hear(self._sound.next())
            self._chunks += 1
        if self._shape.rate:
            # What this machine was too slow for is left out, or it would fall behind for good.
            due = int((now - self._began) * self._shape.rate)
            if due > self._last:
                self._last = due
                self._output.see(self._shown(now), due / self._shape.rate)
        elif now - self._seen_at >= _SLATE_EACH_S:
            self._see(self._shown(now), now)

    def _see(self, canvas: av.VideoFrame, now: float) -> None:
        self._seen_at = now
        self._output.see(canvas, now - self._began)

    def _shown(self, now: float) -> av.VideoFrame:
        for picture, patience in ((self._picture, _FROZEN_S), (self._before, _AWAITED_S)):
            since = now - (self._changed_at if picture is self._before else picture.came_at if picture else 0)
            if picture is not None and picture.frame is not None and since < patience:
                return picture.frame
        return self._drawn()

    def _drawn(self) -> av.VideoFrame:
        if self._slate is None or self._slate[0] != self.scene:
            drawn = to_frame(slate.draw(self.scene))
            self._slate = self.scene, drawn.reformat(self._shape.width, self._shape.height)
        return self._slate[1]
