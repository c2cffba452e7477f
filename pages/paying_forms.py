"""What people fill in where they pay, and streamers where they say what they take."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monetization import perks
from monetization.countries import country_choices
from monetization.currencies import CURRENCIES
from monetization.errors import NotAnAmount
from monetization.models import Card, Contract, Tier, TipSettings
from monetization.models.goals import TITLE_LENGTH
from monetization.models.tips import MESSAGE_LENGTH
from monetization.money import Money
from monetization.switching import Offer

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
    is_anonymous = forms.BooleanField(
        label=_("Without my name"),
        required=False,
        help_text=_("Neither the chat nor the streamer is told who gave it."),
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
        plain = {name: facts[name] for name in ("amount", "message", "is_anonymous")}
        return plain | {"card": self._cards[facts["card"]]}


class GoalForm(forms.Form):
    """The page sends times with their zone; without scripts they are UTC."""

    title = forms.CharField(
        label=_("What for"), max_length=TITLE_LENGTH, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    amount = forms.CharField(label=_("Amount"), max_length=16, widget=AMOUNT)
    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code.upper()) for code in CURRENCIES])
    ends_at = forms.DateTimeField(
        label=_("Until"),
        required=False,
        help_text=_("Empty: until you end it."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def clean_title(self) -> str:
        title = str(self.cleaned_data["title"])
        if not title.isprintable():
            raise forms.ValidationError(_("This is one line of printable text."))
        return title

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or {}
        if "amount" in facts and "currency" in facts:
            try:
                facts["amount"] = _amount(facts["amount"], facts["currency"])
            except forms.ValidationError as error:
                self.add_error("amount", error)
        return facts

    def wish(self) -> dict[str, Any]:
        """What the action is told."""
        facts = self.cleaned_data
        ends_at = facts["ends_at"] and facts["ends_at"].astimezone(UTC)
        return {"title": facts["title"], "amount": facts["amount"], "ends_at": ends_at}


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


class TicketForm(forms.Form):
    """`seen` is the price that the page showed: nobody pays another one unasked."""

    card = forms.ChoiceField(label=_("Card"))
    seen = forms.CharField(max_length=32, required=False)

    def __init__(self, *args: Any, cards: Sequence[Card], price: Money, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._cards = {str(card.pk): card for card in cards}
        self.present_price = f"{price.amount_minor} {price.currency}"
        self.fields["card"].choices = [(key, str(card)) for key, card in self._cards.items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or {}
        if facts.get("seen") != self.present_price:
            raise forms.ValidationError(_("The price is another one now. Look at it again."))
        return facts

    @property
    def wanted_card(self) -> Card:
        return self._cards[self.cleaned_data["card"]]


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


class SwitchForm(forms.Form):
    tier = forms.ChoiceField(label=_("Tier"))
    card = forms.ChoiceField(label=_("Card"), required=False)

    def __init__(
        self, *args: Any, contract: Contract, offers: Sequence[Offer], cards: Sequence[Card], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        kept = [contract.tier] if contract.next_tier else []
        self._tiers = {str(tier.pk): tier for tier in [*kept, *(offer.tier for offer in offers)]}
        self._cards = {str(card.pk): card for card in cards}
        self.fields["tier"].choices = [(key, tier.name) for key, tier in self._tiers.items()]  # type: ignore[attr-defined]
        self.fields["card"].choices = [(key, str(card)) for key, card in self._cards.items()]  # type: ignore[attr-defined]

    def wish(self) -> dict[str, Any]:
        """What the action is told."""
        return {
            "tier": self._tiers[self.cleaned_data["tier"]],
            "card": self._cards.get(self.cleaned_data["card"]),
        }


class BillingForm(forms.Form):
    country = forms.ChoiceField(
        label=_("Billing country"),
        required=False,
        choices=lambda: [("", _("That of the card")), *country_choices()],
        help_text=_("It decides what new subscriptions cost, and the tax in what you pay."),
    )
