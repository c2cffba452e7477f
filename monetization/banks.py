"""Accounts at banks, as people write them."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_NUMBER = re.compile(r"[A-Z0-9]{5,34}")
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")


def plain_account_number(text: str) -> str:
    """Without the spaces and dashes that make it readable."""
    return re.sub(r"[\s-]", "", text).upper()


def validate_account_number(number: str) -> None:
    """An IBAN (ISO 13616) is checked by its digits; other numbers are taken as they are."""
    if not _NUMBER.fullmatch(number):
        raise ValidationError(_("An account number has 5 to 34 letters and digits."))
    if number[:2].isalpha() and not (_IBAN.fullmatch(number) and _is_whole(number)):
        raise ValidationError(_("This isn't an IBAN. Look for a digit that is another one."))


def validate_bic(bic: str) -> None:
    if not _BIC.fullmatch(bic):
        raise ValidationError(_("A BIC has 8 or 11 letters and digits."))


def _is_whole(iban: str) -> bool:
    return int("".join(str(int(one, 36)) for one in iban[4:] + iban[:4])) % 97 == 1
