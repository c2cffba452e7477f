"""The one websocket of a page, at /ws/."""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.http.cookie import parse_cookie

from realtime.hub import CROWDED, RESTARTING, hub
from realtime.sockets import Socket
from realtime.threads import in_thread
from realtime.visitors import STRANGER, identify
from realtime.wire import Send, Wire

PATH = "/ws/"
_DEFAULT_PORTS = {"http": 80, "https": 443}
Receive = Callable[[], Awaitable[dict[str, Any]]]


async def consume(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Serve one socket from its handshake to its end. Pages of other sites get a 403."""
    await receive()
    headers = dict(scope["headers"])
    if scope["path"] != PATH or headers.get(b"origin", b"").decode("latin1") != own_origin():
        await send({"type": "websocket.close"})
        return
    wire = Wire(send)
    session_key = parse_cookie(headers.get(b"cookie", b"").decode("latin1")).get(settings.SESSION_COOKIE_NAME)
    visitor = await in_thread(identify, session_key) if session_key else STRANGER
    language = language_asked(scope["query_string"])
    socket = Socket(hub(), wire, visitor, owner_of_address(scope["client"]), language)
    # Held in memory as long as the socket lives otherwise.
    del headers
    scope.clear()
    await send({"type": "websocket.accept"})
    wire.open()
    if not await hub().admit(socket):
        socket.close(CROWDED)
        return
    try:
        while (message := await receive())["type"] == "websocket.receive":
            socket.take(message.get("text"))
    except asyncio.CancelledError:
        # Web is stopping: daphne waits for us, and the loop sends this meanwhile.
        socket.close(RESTARTING)
        await asyncio.sleep(0.05)
        raise
    finally:
        socket.end()


def language_asked(query: bytes) -> str:
    """The language that the page is in, which it says as `?language=`: refusals are read there."""
    asked = parse_qs(query.decode("latin1")).get("language", [""])[0]
    return next((code for code, _name in settings.LANGUAGES if code == asked), settings.LANGUAGE_CODE)


def own_origin() -> str:
    """PUBLIC_URL as browsers write it in Origin (RFC 6454 6.2)."""
    parts = urlsplit(settings.PUBLIC_URL)
    port = f":{parts.port}" if parts.port and parts.port != _DEFAULT_PORTS.get(parts.scheme) else ""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def owner_of_address(client: list[Any] | None) -> str:
    """Whom sockets from an address are counted for: an IPv4 address, or the 64 bits that one household has of IPv6."""
    if not client:
        return "unknown"
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)
