"""`./manage.py createadmin NAME ADDRESS`: somebody who may do everything."""

import secrets
import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.actions import make_administrator


class Command(BaseCommand):
    help = "Make an administrator. The password is asked for, or made up and printed when nobody is there to ask."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("address", help="taken as verified")

    def handle(self, *args: Any, **options: Any) -> None:
        asked = sys.stdin.isatty()
        password = getpass("Password: ") if asked else secrets.token_urlsafe(15)
        try:
            validate_password(password)
            user = make_administrator(name=options["name"], address=options["address"], password=password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(f"{user.username} may do everything." if asked else f"{user.username} {password}")
