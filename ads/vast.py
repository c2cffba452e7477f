"""A decision as VAST 4.2 (IAB Tech Lab, June 2019), for players that aren't ours. No decision is an empty response."""

from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from django.conf import settings
from django.urls import reverse

from ads.deciding import Decided

_PROGRESS = {"q1": "firstQuartile", "mid": "midpoint", "q3": "thirdQuartile", "complete": "complete", "skip": "skip"}


def render_vast(found: Decided | None) -> str:
    root = ET.Element("VAST", {"version": "4.2", "xmlns": "http://www.iab.com/VAST"})
    if found is not None:
        _add_ad(root, found)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _add_ad(root: ET.Element, found: Decided) -> None:
    creative, offer = found.creative, found.offer
    inline = ET.SubElement(ET.SubElement(root, "Ad", {"id": str(offer.line_id)}), "InLine")
    _text(inline, "AdSystem", "Estrade")
    _text(inline, "Impression", _told(found, "imp"))
    _text(ET.SubElement(inline, "ViewableImpression"), "Viewable", _told(found, "v2"))
    _text(inline, "AdServingId", offer.id)
    _text(inline, "AdTitle", creative.title)
    _text(inline, "Advertiser", found.advertiser)
    one = ET.SubElement(ET.SubElement(inline, "Creatives"), "Creative", {"id": str(creative.pk)})
    _text(one, "UniversalAdId", creative.sha256[:32] or str(creative.pk), idRegistry=settings.PUBLIC_HOST)
    linear = ET.SubElement(one, "Linear", {"skipoffset": _clock(offer.skip_ms)})
    tracking = ET.SubElement(linear, "TrackingEvents")
    for event, name in _PROGRESS.items():
        _text(tracking, "Tracking", _told(found, event), event=name)
    _text(tracking, "Tracking", _told(found, "view"), event="progress", offset=_clock(min(30_000, offer.duration_ms)))
    _text(linear, "Duration", _clock(offer.duration_ms))
    files = ET.SubElement(linear, "MediaFiles")
    size = {"width": str(creative.width), "height": str(creative.height)}
    _text(files, "MediaFile", _absolute(creative.video_url), delivery="progressive", type="video/mp4", **size)
    hls = "application/vnd.apple.mpegurl"
    _text(files, "MediaFile", _absolute(creative.hls_url), delivery="streaming", type=hls, **size)
    clicks = ET.SubElement(linear, "VideoClicks")
    query = urlencode({"t": offer.sign()})
    _text(clicks, "ClickThrough", _absolute(f"{reverse('ad-click')}?{query}"), id="through")


def _told(found: Decided, event: str) -> str:
    """An address that takes an event by being read, as players do that know nothing of ours."""
    query = urlencode({"t": found.offer.sign(), "e": event})
    return _absolute(f"{reverse('ad-pixel')}?{query}")


def _absolute(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


def _text(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, name, attributes).text = text


def _clock(ms: int) -> str:
    """HH:MM:SS.mmm, as VAST 3.10 has it."""
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
