"""What people fill in where they pay, and streamers where they say what they take."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monetization import perks
from monetization.currencies import CURRENCIES
from monetization.errors import NotAnAmount
from monetization.models import Card, Tier, TipSettings
from monetization.models.tips import MESSAGE_LENGTH
from monetization.money import Money

AMOUNT = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})


def _amount(text: str, currency: str) -> Money:
    try:
        return Money.parse(text, currency)
    except NotAnAmount as error:
        raise forms.ValidationError(str(error.message)) from error


class TipForm(forms.Form):
    amount = forms.CharField(label=_("Amount"), max_length=16, widget=AMOUNT)
    message = forms.CharField(
        label=_("A few words"),
        max_length=MESSAGE_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Shown in the chat with your name."),
    )
    card = forms.ChoiceField(label=_("Card"))

    def __init__(self, *args: Any, cards: Sequence[Card], taken: TipSettings, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._cards = {str(card.pk): card for card in cards}
        self._taken = taken
        self.fields["card"].choices = [(key, str(card)) for key, card in self._cards.items()]  # type: ignore[attr-defined]
        self.fields["amount"].label = _("Amount in %(currency)s") % {"currency": taken.currency.upper()}
        self.fields["amount"].help_text = _("From %(least)s to %(most)s.") % {
            "least": taken.least,
            "most": taken.most,
        }

    def clean_amount(self) -> Money:
        amount = _amount(self.cleaned_data["amount"], self._taken.currency)
        if not self._taken.least.amount_minor <= amount.amount_minor <= self._taken.most.amount_minor:
            raise forms.ValidationError(self.fields["amount"].help_text)
        return amount

    def wish(self) -> dict[str, Any]:
        """What the action is told."""
        facts = self.cleaned_data
        return {"amount": facts["amount"], "message": facts["message"], "card": self._cards[facts["card"]]}


class TipSettingsForm(forms.Form):
    is_on = forms.BooleanField(label=_("Take tips"), required=False)
    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code.upper()) for code in CURRENCIES])
    least = forms.CharField(label=_("From"), max_length=16, widget=AMOUNT)
    most = forms.CharField(label=_("To"), max_length=16, widget=AMOUNT)

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or self.cleaned_data
        for name in ("least", "most"):
            try:
                facts[name] = _amount(facts.get(name, ""), facts.get("currency", "eur"))
            except forms.ValidationError as error:
                self.add_error(name, error)
        return facts


def settings_initial(taken: TipSettings) -> dict[str, Any]:
    return {
        "is_on": taken.is_on,
        "currency": taken.currency,
        "least": taken.least.decimal,
        "most": taken.most.decimal,
    }


class SubscribeForm(forms.Form):
    tier = forms.ChoiceField(label=_("Tier"), widget=forms.RadioSelect)
    card = forms.ChoiceField(label=_("Card"))

    def __init__(self, *args: Any, priced: Sequence[tuple[Tier, Money]], cards: Sequence[Card], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.priced = [(str(tier.pk), tier, price, perks.included(tier)) for tier, price in priced]
        self._cards = {str(card.pk): card for card in cards}
        self.fields["tier"].choices = [(key, tier.name) for key, tier, *_rest in self.priced]  # type: ignore[attr-defined]
        self.fields["card"].choices = [(key, str(card)) for key, card in self._cards.items()]  # type: ignore[attr-defined]
        self.initial.setdefault("tier", self.priced[0][0])

    def wish(self) -> dict[str, Any]:
        """What the action is told."""
        tiers = {key: tier for key, tier, *_rest in self.priced}
        return {"tier": tiers[self.cleaned_data["tier"]], "card": self._cards[self.cleaned_data["card"]]}
