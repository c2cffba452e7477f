"""`./manage.py sealbanks`: seals the numbers of all bank accounts with the first of BANK_SECRETS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from monetization.sealing import seal_anew


class Command(BaseCommand):
    help = "Seal all bank account numbers with the first of BANK_SECRETS; afterwards the others may go."

    def handle(self, *args: Any, **options: Any) -> None:
        sealed, lost = seal_anew()
        self.stdout.write(f"Sealed: {sealed}.")
        if lost:
            raise CommandError(f"No secret opens {lost}: put back the one they were sealed with.")
