"""Talking to ingest (nginx-rtmp): what is connected, and dropping it.

`rtmp_stat` calls HEVC and AV1 video `Jpeg`, and gives its size; it knows codecs only once the first packets are in.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Self
from xml.etree import ElementTree

import httpx
from django.conf import settings

_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
APPLICATION = "live"


class IngestUnreachable(Exception):
    """Ingest did not answer; it is restarting, or gone."""


@dataclass(frozen=True)
class StreamStat:
    """One stream in ingest. Sizes in pixels, rates per second, 0 or '' where it doesn't say."""

    name: str
    is_published: bool
    readers: int
    bytes_in: int
    bitrate_bps: int
    video_codec: str
    width: int
    height: int
    frame_rate: float
    audio_codec: str
    sample_rate: int

    @classmethod
    def from_xml(cls, stream: ElementTree.Element) -> Self:
        clients = stream.findall("client")
        return cls(
            name=stream.findtext("name", ""),
            is_published=any(client.find("publishing") is not None for client in clients),
            readers=sum(client.find("publishing") is None for client in clients),
            bytes_in=_number(stream, "bytes_in"),
            bitrate_bps=_number(stream, "bw_in"),
            video_codec=stream.findtext("meta/video/codec", "").strip(),
            width=_number(stream, "meta/video/width"),
            height=_number(stream, "meta/video/height"),
            frame_rate=float(stream.findtext("meta/video/frame_rate") or 0),
            audio_codec=stream.findtext("meta/audio/codec", "").strip(),
            sample_rate=_number(stream, "meta/audio/sample_rate"),
        )


def _number(element: ElementTree.Element, path: str) -> int:
    text = element.findtext(path) or "0"
    return int(text) if text.isascii() and text.isdigit() else 0


def parse_stat(text: str) -> dict[str, StreamStat]:
    """Streams by name. What an encoder wrote into its metadata is hostile: control characters are dropped."""
    root = ElementTree.fromstring(_CONTROL_CHARACTERS.sub("", text))  # noqa: S314 our own nginx wrote it
    streams = [StreamStat.from_xml(stream) for stream in root.iterfind("server/application/live/stream")]
    return {stream.name: stream for stream in streams}


@cache
def _client(address: str) -> httpx.Client:
    """One client an address: making one loads certificates, for 30 ms. Connections are not kept: ingest may restart."""
    limits = httpx.Limits(max_keepalive_connections=0)
    if address.startswith("unix:"):
        transport = httpx.HTTPTransport(uds=address.removeprefix("unix:"), verify=False, limits=limits)
        return httpx.Client(transport=transport, base_url="http://ingest", timeout=2)
    return httpx.Client(base_url=address, timeout=2, limits=limits)


def read_stat() -> dict[str, StreamStat]:
    """Everything that is connected now. Raises IngestUnreachable."""
    try:
        response = _client(settings.ENV.ingest_control).get("/stat").raise_for_status()
        return parse_stat(response.content.decode("utf-8", "replace"))
    except (httpx.HTTPError, ElementTree.ParseError) as error:
        raise IngestUnreachable(str(error)) from error


def has_picture(session_name: str) -> bool:
    """Whether an encoder sends video; no when ingest doesn't answer."""
    try:
        stream = read_stat().get(session_name)
    except IngestUnreachable:
        return False
    return stream is not None and stream.width > 0


def drop_publisher(session_name: str) -> None:
    """Cut the encoder of a session. Raises IngestUnreachable; a session that is gone already is fine."""
    try:
        control = _client(settings.ENV.ingest_control)
        control.get("/control/drop/publisher", params={"app": APPLICATION, "name": session_name})
    except httpx.HTTPError as error:
        raise IngestUnreachable(str(error)) from error
