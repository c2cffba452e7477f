"""What bench/fanout.py compares with: Channels' own way, a consumer a socket in one group of the in-memory layer.

    daphne bench.fanout_channels:application

A socket to /publish/EVENTS/RATE has the same process send so many events at that rate.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from django.conf import settings

settings.configure(
    CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 10000}}}
)

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.layers import get_channel_layer  # noqa: E402
from channels.routing import ProtocolTypeRouter  # noqa: E402

GROUP, TEXT = "everybody", "x" * 80


class Consumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Follows the group, or sends to it."""

    async def connect(self) -> None:
        await self.accept()
        _, name, *figures = self.scope["path"].split("/")
        if name == "publish":
            self.sending = asyncio.create_task(_publish(int(figures[0]), float(figures[1])))
        else:
            await self.channel_layer.group_add(GROUP, self.channel_name)
            await self.send(text_data=json.dumps([{"type": "reply"}]))

    async def line(self, message: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps([message]))


async def _publish(events: int, rate: float) -> None:
    layer, began = get_channel_layer(), time.monotonic()
    for number in range(events):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        await layer.group_send(GROUP, {"type": "line", "number": number, "at": time.monotonic(), "text": TEXT})


application = ProtocolTypeRouter({"websocket": Consumer.as_asgi()})
