"""`./manage.py channel NAME`: a channel and all that an encoder or a player needs to use it."""

import json
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.utils import timezone

from accounts.actions import open_channel
from accounts.models import Channel, User
from streaming.playback import channel_playlist_path

PLAYLIST_LIFETIME = timedelta(hours=12)


def describe_for_encoders(channel: Channel) -> dict[str, str]:
    """Absolute URLs of a channel; the playlist's leads to whatever it shows during the next 12 hours."""
    playlist = channel_playlist_path(channel.name, timezone.now() + PLAYLIST_LIFETIME)
    return {
        "channel": channel.name,
        "ingest_url": settings.ENV.public_ingest_url,
        "stream_key": channel.stream_key,
        "watch_url": f"{settings.PUBLIC_URL}/@{channel.name}",
        "playlist_url": f"{settings.PUBLIC_URL}{playlist}",
    }


class Command(BaseCommand):
    help = "Print a channel's addresses and stream key, creating the channel if need be."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--title", default="")
        parser.add_argument("--owner", help="username of the owner, for a channel that is created")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._show(options)
        except OperationalError:
            raise CommandError("The database does not answer. Is Estrade running? `make run` starts it.") from None

    def _show(self, options: dict[str, Any]) -> None:
        owner = User.objects.filter(username=options["owner"]).first() if options["owner"] else None
        if options["owner"] and owner is None:
            raise CommandError(f"There is no user {options['owner']!r}.")
        try:
            channel = open_channel(name=options["name"], owner=owner, title=options["title"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        facts = describe_for_encoders(channel)
        if options["json"]:
            self.stdout.write(json.dumps(facts))
        else:
            self.stdout.writelines(f"{name:>12}  {value}" for name, value in facts.items())
