"""How a broadcast's stream is, for the studio: what ingest and packager measured, and advice in plain words."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import dropwhile
from statistics import median
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from redis import RedisError

from media_pipeline.passage import MAX_GOP_S
from streaming import live_store
from streaming.models import Broadcast

log = logging.getLogger(__name__)

# Bitrates of the last five minutes, one each two seconds.
_RATE_EACH_S, _RATES_KEPT, _RATES_KEPT_S = 2, 150, 600
# Bits per pixel and frame below which a moving picture falls to pieces.
_THIN_BITS, _LEAST_RATES = 0.035, 15


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
    announced_rate: float = 0.0
    shed: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Rate:
    """What an encoder sent at a time (seconds since 1970), and the frame rate it says it has; 0 where it has none."""

    at: float
    bitrate_bps: int
    announced_rate: float


def keep_rate(broadcast_id: str, rate: Rate) -> None:
    """Remember what ingest measured, for the plot of the last minutes."""
    try:
        if live_store.is_first_within(f"rate-kept:{broadcast_id}", _RATE_EACH_S):
            entry = json.dumps([round(rate.at, 1), rate.bitrate_bps, rate.announced_rate])
            live_store.remember(f"rates:{broadcast_id}", entry, most=_RATES_KEPT, seconds=_RATES_KEPT_S)
    except RedisError as error:
        log.info("rate of %s not kept: %s", broadcast_id, error)


def read_rates(broadcast: Broadcast) -> list[Rate]:
    """What the encoder sent during the last minutes, oldest first."""
    return _rates(live_store.recall(f"rates:{broadcast.pk}"))


def _rates(entries: Sequence[str]) -> list[Rate]:
    rates = [Rate(*json.loads(entry)) for entry in entries]
    # Ingest measures over ten seconds: before those have passed it says nought.
    return list(dropwhile(lambda rate: not rate.bitrate_bps, rates))


def read_health(broadcast: Broadcast) -> StreamHealth | None:
    """The health of a broadcast's stream, or None while there is none to tell."""
    kept = live_store.read_json(f"health:{broadcast.pk}")
    return _health(kept, read_rates(broadcast)) if kept and kept["codecs"] else None


def read_all(broadcasts: Sequence[Broadcast]) -> dict[UUID, StreamHealth]:
    """The same for many at one question to Redis; none while it is away."""
    pipe = live_store.client().pipeline(transaction=False)
    for broadcast in broadcasts:
        pipe.get(f"health:{broadcast.pk}")
        pipe.lrange(f"rates:{broadcast.pk}", 0, -1)
    try:
        answers = pipe.execute()
    except RedisError:
        return {}
    found = {}
    for broadcast, text, entries in zip(broadcasts, answers[::2], answers[1::2], strict=True):
        kept = json.loads(text) if text else None
        if kept and kept["codecs"]:
            found[broadcast.pk] = _health(kept, _rates(entries))
    return found


def _health(kept: dict[str, Any], rates: list[Rate]) -> StreamHealth:
    codecs = kept["codecs"].split(",")
    announced = rates[-1].announced_rate if rates else 0.0
    return StreamHealth(
        video_codec=next((_codec_name(codec) for codec in codecs if not codec.startswith("mp4a")), ""),
        audio_codec=next((_codec_name(codec) for codec in codecs if codec.startswith("mp4a")), ""),
        width=kept["width"],
        height=kept["height"],
        frame_rate=kept["frame_rate"],
        bitrate_bps=rates[-1].bitrate_bps if rates and rates[-1].bitrate_bps else kept["bitrate_bps"],
        gop_s=kept["gop_s"],
        is_passed_through=kept["serving"] == "copy",
        announced_rate=announced,
        shed=kept["shed"],
        advice=[*_advice(kept), *_rate_advice(kept, rates)],
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


def _rate_advice(kept: dict[str, Any], rates: list[Rate]) -> list[str]:
    """What the encoder's bitrate and frame rate tell, once there is enough of them to tell anything; nothing of one
    that has no rate, and sends as much as moves."""
    if len(rates) < _LEAST_RATES or not rates[-1].announced_rate:
        return []
    advice = []
    sent = [rate.bitrate_bps for rate in rates]
    usual = median(sent)
    if min(sent[-_LEAST_RATES:]) < usual / 2:
        advice.append(
            _(
                "Your bitrate has dropped to less than half of what you usually send: your network or your encoder "
                "can't keep up. Lower the bitrate in OBS, or use a cable instead of wireless."
            )
        )
    pixels_a_second = kept["width"] * kept["height"] * kept["frame_rate"]
    if pixels_a_second and usual < pixels_a_second * _THIN_BITS:
        advice.append(
            _("%(rate)s Mb/s is little for %(height)s lines: fast movement will look blocky. Try %(better)s Mb/s.")
            % {
                "rate": number_format(usual / 1e6, 1),
                "height": kept["height"],
                "better": number_format(min(settings.ENV.max_bitrate_bps, pixels_a_second * _THIN_BITS * 2) / 1e6, 1),
            }
        )
    if usual > settings.ENV.max_bitrate_bps * 0.9:
        advice.append(
            _("Your bitrate is close to this server's limit of %(limit)s Mb/s: lower it a little.")
            % {"limit": number_format(settings.ENV.max_bitrate_bps / 1e6, 0)}
        )
    announced = rates[-1].announced_rate
    if kept["frame_rate"] and kept["frame_rate"] < announced * 0.9:
        advice.append(
            _(
                "Your encoder announces %(announced)s frames a second and sends %(sent)s: it is overloaded. Choose "
                "a faster preset, a smaller picture or a lower frame rate."
            )
            % {"announced": number_format(announced, 0), "sent": number_format(kept["frame_rate"], 0)}
        )
    return advice
