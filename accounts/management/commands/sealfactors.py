"""`./manage.py sealfactors`: seals all second factors with the first of TOTP_SECRETS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.sealing import seal_anew


class Command(BaseCommand):
    help = "Seal all second factors with the first of TOTP_SECRETS; afterwards the others may go."

    def handle(self, *args: Any, **options: Any) -> None:
        sealed, lost = seal_anew()
        self.stdout.write(f"Sealed: {sealed}.")
        if lost:
            raise CommandError(f"No secret opens {lost}: put back the one they were sealed with.")
