"""What a channel's owner fills in about tickets."""

from datetime import UTC
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monetization.models import TicketedEvent
from monetization.models.tickets import DEVICES
from monetization.ticketing import Terms, check_ticket_price
from pages.money_forms import CountryPriceForm, PriceForm

MOST_TICKETS, MOST_DEVICES = 1_000_000, 10


def _time(label: Any, help_text: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, help_text=help_text, widget=widget)


class TermsForm(forms.Form):
    """On which terms tickets are sold. The page sends times with their zone; without scripts they are UTC."""

    capacity = forms.IntegerField(label=_("Tickets there are"), min_value=1, max_value=MOST_TICKETS)
    most_devices = forms.IntegerField(
        label=_("Devices a ticket"),
        min_value=1,
        max_value=MOST_DEVICES,
        initial=DEVICES,
        help_text=_("On so many at a time can one person watch."),
    )
    sales_start_at = _time(_("Sold from"), _("Empty: at once."))
    sales_end_at = _time(_("Sold until"), _("Empty: until the broadcast is over."))
    subscribers_enter_free = forms.BooleanField(label=_("My subscribers enter free"), required=False)

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or {}
        starts_at, ends_at = facts.get("sales_start_at"), facts.get("sales_end_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("sales_end_at", _("It can't end before it starts."))
        return facts

    def terms(self) -> Terms:
        given = self.cleaned_data
        times = {name: given[name] and given[name].astimezone(UTC) for name in ("sales_start_at", "sales_end_at")}
        plain = {name: given[name] for name in ("capacity", "most_devices", "subscribers_enter_free")}
        return Terms(**plain, **times)


class SellForm(TermsForm, PriceForm):
    check = staticmethod(check_ticket_price)
    field_order = ["amount", "currency", "capacity", "most_devices", "sales_start_at", "sales_end_at"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].label = _("Price of a ticket")
        self.fields["amount"].help_text = _("0: free, for whoever has an account.")


class CountryTicketForm(CountryPriceForm):
    check = staticmethod(check_ticket_price)
    prefix = "country"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].label = _("Price of a ticket")
        self.fields["amount"].help_text = _("0: free, for whoever has an account.")


def initial_of(event: TicketedEvent) -> dict[str, Any]:
    names = ("capacity", "most_devices", "sales_start_at", "sales_end_at", "subscribers_enter_free")
    return {name: getattr(event, name) for name in names}
