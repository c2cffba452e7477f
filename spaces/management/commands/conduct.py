"""`manage.py conduct`: the process `conductor`."""

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from spaces.conductor.conductor import Conductor


class Command(BaseCommand):
    help = "Own the session with Janus, its rooms and handles, until told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.ENV.janus_url:
            raise CommandError("JANUS_URL isn't set: there is no Janus to conduct.")
        asyncio.run(self._conduct())

    async def _conduct(self) -> None:
        conductor = asyncio.create_task(Conductor(settings.ENV.janus_url, settings.ENV.janus_secret).run())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, conductor.cancel)
        try:
            await conductor
        except asyncio.CancelledError:
            return
