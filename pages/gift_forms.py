"""What people fill in who give others a month, and who say what others may give them."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.access import get_person
from accounts.errors import NotThere
from accounts.models import User
from monetization import perks
from monetization.gifts import Quote, Wish
from monetization.models import Card, Tier
from monetization.money import Money

ONE, HERE = "one", "here"


class GiftForm(forms.Form):
    """`seen` is what the page said that it costs: nobody pays another price, or for more people, unasked."""

    tier = forms.ChoiceField(label=_("Tier"), widget=forms.RadioSelect)
    to = forms.ChoiceField(label=_("For whom"), choices=[(ONE, _("One person")), (HERE, _("People who are here now"))])
    name = forms.CharField(
        label=_("User name"),
        max_length=32,
        required=False,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )
    count = forms.IntegerField(label=_("How many people"), min_value=1, required=False)
    is_anonymous = forms.BooleanField(
        label=_("Without my name"), required=False, help_text=_("Neither they nor the chat are told who gave it.")
    )
    card = forms.ChoiceField(label=_("Card"))
    seen = forms.CharField(max_length=48, required=False)

    def __init__(self, *args: Any, priced: Sequence[tuple[Tier, Money]], cards: Sequence[Card], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.priced = [(str(tier.pk), tier, price, perks.included(tier)) for tier, price in priced]
        self._cards = {str(card.pk): card for card in cards}
        self._person: User | None = None
        self.most = settings.ENV.gifts_at_once
        self.fields["tier"].choices = [(key, tier.name) for key, tier, *_rest in self.priced]  # type: ignore[attr-defined]
        self.fields["card"].choices = [(key, str(card)) for key, card in self._cards.items()]  # type: ignore[attr-defined]
        self.fields["count"].widget.attrs["max"] = self.most
        self.initial = {"tier": self.priced[0][0], "to": ONE, "count": 5, **self.initial}

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or {}
        if facts.get("to") == ONE and "name" in facts:
            try:
                self._person = get_person(facts["name"])
            except NotThere:
                self.add_error("name", _("There is nobody by that name."))
        elif facts.get("to") == HERE and not 1 <= (facts.get("count") or 0) <= self.most:
            self.add_error("count", _("From 1 to %(most)d.") % {"most": self.most})
        return facts

    def wish(self) -> Wish:
        facts = self.cleaned_data
        tier = next(tier for key, tier, *_rest in self.priced if key == facts["tier"])
        count = 1 if self._person else min(facts["count"], self._seen_count or facts["count"])
        return Wish(tier, self._person, count, facts["is_anonymous"])

    @property
    def wanted_card(self) -> Card:
        return self._cards[self.cleaned_data["card"]]

    def has_seen(self, quote: Quote) -> bool:
        """Whether the page said this price."""
        return bool(self._seen_count) and self.cleaned_data["seen"].partition(" ")[2] == price_key(quote)

    @property
    def _seen_count(self) -> int:
        """How many people the page said; 0 before it said so. Whoever comes later isn't paid for unasked."""
        count = self.cleaned_data["seen"].partition(" ")[0]
        return int(count) if count.isascii() and count.isdigit() and len(count) < 4 else 0


def price_key(quote: Quote) -> str:
    return f"{quote.price.amount_minor} {quote.price.currency}"


class WishesForm(forms.Form):
    takes_gifts = forms.BooleanField(
        label=_("Others may give me months"),
        required=False,
        help_text=_("By name, or drawn when I am in a channel’s chat."),
    )
    is_ranked = forms.BooleanField(
        label=_("Show me among a channel’s top supporters"),
        required=False,
        help_text=_("What I give without my name never counts there."),
    )
