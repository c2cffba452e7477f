"""How a broadcast's stream is, for the studio: what ingest and packager measured, and advice in plain words."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from media_pipeline.passage import MAX_GOP_S
from streaming import live_store
from streaming.models import Broadcast


@dataclass(frozen=True)
class StreamHealth:
    """Sizes in pixels, rates in bits and frames per second, the key-frame interval in seconds (0: not known yet)."""

    video_codec: str = ""
    audio_codec: str = ""
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0
    bitrate_bps: int = 0
    gop_s: float = 0.0
    is_passed_through: bool = True
    shed: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)


def read_health(broadcast: Broadcast) -> StreamHealth | None:
    """The health of a broadcast's stream, or None while there is none to tell."""
    kept = live_store.read_json(f"health:{broadcast.pk}")
    if kept is None or not kept["codecs"]:
        return None
    codecs = kept["codecs"].split(",")
    return StreamHealth(
        video_codec=next((_codec_name(codec) for codec in codecs if not codec.startswith("mp4a")), ""),
        audio_codec=next((_codec_name(codec) for codec in codecs if codec.startswith("mp4a")), ""),
        width=kept["width"],
        height=kept["height"],
        frame_rate=kept["frame_rate"],
        bitrate_bps=kept["bitrate_bps"],
        gop_s=kept["gop_s"],
        is_passed_through=kept["serving"] == "copy",
        shed=kept["shed"],
        advice=list(_advice(kept)),
    )


def _codec_name(codec: str) -> str:
    return {"avc1": "H.264", "mp4a": "AAC"}.get(codec.partition(".")[0], codec)


def _advice(kept: dict[str, Any]) -> list[str]:
    advice = []
    if kept["serving"] == "grid":
        advice.append(
            _(
                "Your encoder sends key frames too far apart, so the server re-encodes your picture. To have it "
                "passed through untouched, set Settings, Output, Keyframe Interval to 2 s in OBS."
            )
        )
    elif kept["reencode_failed"] or kept["gop_s"] > MAX_GOP_S + 0.1:
        advice.append(
            _(
                "Your encoder sends key frames too far apart and this server is too busy to re-encode: viewers are "
                "far behind. Set Settings, Output, Keyframe Interval to 2 s in OBS."
            )
        )
    if kept["shed"]:
        advice.append(_("This server is too busy for the lower renditions; viewers get your picture as you send it."))
    return advice
