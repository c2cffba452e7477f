"""`./manage.py first_run`: what a fresh install needs before anybody has signed up. Harmless when run again."""

import json
import secrets
from typing import Any

from allauth.account.models import EmailAddress
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils.text import slugify

from accounts.actions import change_address, make_administrator, open_channel
from accounts.models import User
from streaming.management.commands.channel import describe_for_encoders
from streaming.models import Category
from streaming.recordings.models import RecordingPolicy

ADMIN, DEMO = "admin", "demo"
# Taken as verified; the administrator gives a real one in the settings.
ADDRESS = "admin@localhost"
# To begin with; administrators keep the list.
CATEGORIES = ("Talk", "Music", "Games", "Art", "Science", "Sport", "Learning", "Cooking", "Outdoors", "Events")


class Command(BaseCommand):
    help = "Make an administrator and the demo channel, and print them as one JSON object."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        admin = User.objects.filter(is_superuser=True).order_by("pk").first()
        password = None
        if admin is None:
            Category.objects.bulk_create(
                (Category(name=name, slug=slugify(name)) for name in CATEGORIES), ignore_conflicts=True
            )
            password = secrets.token_urlsafe(12)
            admin = make_administrator(name=ADMIN, address=ADDRESS, password=password)
        elif not EmailAddress.objects.filter(user=admin).exists():
            change_address(user=admin, address=admin.email or ADDRESS, by=admin)
        channel = open_channel(name=DEMO, owner=admin, title="Test card")
        RecordingPolicy.objects.update_or_create(channel=channel, defaults={"is_on": False})
        login = {"username": admin.username, "password": password}
        self.stdout.write(json.dumps({"admin": login, "channel": describe_for_encoders(channel)}))
