"""What ledger entries are called on a creator's page."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_LABELS: dict[str, str | Promise] = {
    "subscription": _("Subscriptions"),
    "gift": _("Gifts"),
    "tip": _("Tips"),
    "ticket": _("Tickets"),
    "ads": _("Advertising"),
    "adjustment": _("Adjustments"),
}


def kind_label(kind: str) -> str:
    return str(_LABELS.get(kind, kind))
