"""Events on their way to web: localstripe's as they are, the front's own signed the same way, each tried again."""

import asyncio
import hashlib
import hmac
import json
import logging
import secrets
import time
from datetime import UTC, datetime
from typing import Any

import aiohttp

from deploy.payments.notes import Notes

log = logging.getLogger(__name__)

API_VERSION = "2026-10-28.endive"
PAUSES_S = (0.0, 1.0, 5.0)


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


class Events:
    """`web` is where web listens: `unix:/path` or an address; `hook` the path of its webhook."""

    def __init__(self, web: str, hook: str, secret: str, notes: Notes) -> None:
        self._socket = web.removeprefix("unix:") if web.startswith("unix:") else ""
        self._url = f"http://localhost{hook}" if self._socket else f"{web}{hook}"
        self._secret = secret.encode()
        self._notes = notes
        self._underway: set[asyncio.Task[None]] = set()

    def tell(self, kind: str, subject: dict[str, Any], account: str = "") -> None:
        """Write an event down, and send it; `account` is the connected one of which it is."""
        id = new_id("evt")
        event = {
            "id": id,
            "object": "event",
            "api_version": API_VERSION,
            "created": int(time.time()),
            "livemode": False,
            "type": kind,
            "data": {"object": subject},
        }
        if account:
            # The list of a platform's events has none of these.
            event["account"] = account
        else:
            self._notes.put("event", id, event)
        self._sign(event)

    def tell_thin(self, kind: str, what: str, id: str) -> None:
        """One of the newer kind, which only names what it is about, and is in no list."""
        event = {
            "id": new_id("evt"),
            "object": "v2.core.event",
            "created": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "livemode": False,
            "type": kind,
            "related_object": {"id": id, "type": what, "url": f"/v2/core/accounts/{id}"},
        }
        self._sign(event)

    def _sign(self, event: dict[str, Any]) -> None:
        body, at = json.dumps(event).encode(), int(time.time())
        signed = hmac.new(self._secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        self.pass_on(body, f"t={at},v1={signed}")

    def pass_on(self, body: bytes, signature: str) -> None:
        """Send a signed event in the background."""
        task = asyncio.create_task(self._deliver(body, signature))
        self._underway.add(task)
        task.add_done_callback(self._underway.discard)

    async def _deliver(self, body: bytes, signature: str) -> None:
        # Web answers to names that it knows; by that of its container nobody else calls it.
        headers = {
            "Host": "localhost",
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature,
        }
        for pause_s in PAUSES_S:
            await asyncio.sleep(pause_s)
            connector = aiohttp.UnixConnector(self._socket) if self._socket else None
            try:
                async with (
                    aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(10)) as session,
                    session.post(self._url, data=body, headers=headers) as answer,
                ):
                    if answer.ok:
                        return
                    log.warning("web answers an event with %d", answer.status)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                log.warning("an event doesn't reach web: %s", error)
