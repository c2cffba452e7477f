"""What advertisers fill in."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, URLValidator
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from ads.amounts import MICROS, PER_MILLE, worth
from ads.models import Advertiser, Campaign, LineItem
from monetization.countries import country_choices
from monetization.errors import MonetizationError
from monetization.models import Card
from monetization.money import Money
from streaming.languages import LANGUAGES
from streaming.models import Category

# In half dollars: a few views or clicks must not be worth a fraud.
DEAREST, MOST = 200, 2_000_000
_MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class AdvertiserForm(forms.ModelForm):
    website = forms.URLField(label=_("Website"), max_length=200, assume_scheme="https")

    class Meta:
        model = Advertiser
        fields = ["name", "website", "currency"]


class CampaignForm(forms.ModelForm):
    class Meta:
        model = Campaign
        fields = ["name", "category"]


class TopUpForm(forms.Form):
    amount = forms.CharField(
        label=_("Amount"), max_length=16, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    )
    card = forms.ChoiceField(label=_("Card"))

    def __init__(self, *args: Any, cards: list[Card], currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._cards = {str(card.pk): card for card in cards}
        self._currency = currency
        self.fields["card"].choices = [(key, str(card)) for key, card in self._cards.items()]  # type: ignore[attr-defined]
        self.fields["amount"].label = _("Amount in %(currency)s") % {"currency": currency.upper()}

    def clean_amount(self) -> Money:
        try:
            return Money.parse(self.cleaned_data["amount"], self._currency)
        except MonetizationError as error:
            raise forms.ValidationError(str(error.message)) from error

    def wish(self) -> dict[str, Any]:
        return {"amount": self.cleaned_data["amount"], "card": self._cards[self.cleaned_data["card"]]}


class VideoForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=60)
    click_url = forms.URLField(
        label=_("Leads to"), max_length=500, assume_scheme="https", validators=[URLValidator(schemes=["https", "http"])]
    )
    video = forms.FileField(
        label=_("Video"),
        help_text=_("5 to 60 seconds, at most 200 MB. It is made anew: 720p, and as loud as the others."),
        widget=forms.FileInput(attrs={"accept": "video/*"}),
    )


class CardForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=60)
    text = forms.CharField(label=_("Text"), max_length=140)
    click_url = forms.URLField(
        label=_("Leads to"), max_length=500, assume_scheme="https", validators=[URLValidator(schemes=["https", "http"])]
    )


class LineForm(forms.ModelForm):
    """A line item, with money as people write it."""

    price = forms.DecimalField(label=_("Price"), min_value=0, max_digits=12, decimal_places=4)
    budget = forms.DecimalField(label=_("Budget"), min_value=0, max_digits=12, decimal_places=2)
    daily = forms.DecimalField(
        label=_("Daily budget"),
        min_value=0,
        max_digits=12,
        decimal_places=2,
        required=False,
        help_text=_("Empty: no limit but the budget."),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        choices=LANGUAGES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None: all."),
    )
    countries = forms.MultipleChoiceField(
        label=_("Countries"),
        choices=country_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Where the viewer is. None: everywhere."),
    )
    categories = forms.ModelMultipleChoiceField(
        label=_("Categories"),
        queryset=Category.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None: all."),
    )
    only_on = forms.CharField(
        label=_("Only on these channels"), max_length=1000, required=False, help_text=_("Names, with commas between.")
    )
    not_on = forms.CharField(label=_("Not on these channels"), max_length=1000, required=False)

    class Meta:
        model = LineItem
        fields = [
            "name",
            "format",
            "model",
            "price",
            "budget",
            "daily",
            "pacing",
            "cap_count",
            "cap_hours",
            "starts_at",
            "ends_at",
            "categories",
            "languages",
            "countries",
            "only_on",
            "not_on",
        ]
        widgets = {"starts_at": _MOMENT, "ends_at": _MOMENT}

    def __init__(self, *args: Any, advertiser: Advertiser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._advertiser = advertiser
        line = self.instance
        if line.pk:
            shown = {
                "price": Decimal(line.price_micros) / MICROS,
                "budget": Decimal(line.budget_micros) / MICROS,
                "daily": Decimal(line.daily_micros) / MICROS or None,
                "only_on": ", ".join(one.name for one in line.channels_in.all()),
                "not_on": ", ".join(one.name for one in line.channels_out.all()),
            }
            self.initial.update(shown)
        for name, half_dollars in (("price", DEAREST), ("budget", MOST), ("daily", MOST)):
            most = worth(half_dollars, advertiser.currency).decimal
            self.fields[name].validators.append(MaxValueValidator(most))
            self.fields[name].widget.attrs["max"] = most
        currency = advertiser.currency.upper()
        self.fields["price"].help_text = _("In %(currency)s, for each view, click or thousand impressions.") % {
            "currency": currency
        }

    def clean_only_on(self) -> list[Channel]:
        return _channels_in(self.cleaned_data["only_on"])

    def clean_not_on(self) -> list[Channel]:
        return _channels_in(self.cleaned_data["not_on"])

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or self.cleaned_data
        is_paid = not self._advertiser.is_house
        for name in ("price", "budget", "daily"):
            setattr(self.instance, f"{name}_micros", int((facts.get(name) or 0) * MICROS))
        self.instance.priority = LineItem.Priority.PAID if is_paid else LineItem.Priority.HOUSE
        least = PER_MILLE if facts.get("model") == LineItem.Model.VCPM else 1
        if is_paid and self.instance.price_micros < least:
            self.add_error("price", _("A price is needed."))
        if is_paid and self.instance.budget_micros < self.instance.price_micros:
            self.add_error("budget", _("The budget is less than what one costs."))
        return facts

    def save(self, commit: bool = True) -> LineItem:
        line: LineItem = super().save(commit)
        line.channels_in.set(self.cleaned_data["only_on"])
        line.channels_out.set(self.cleaned_data["not_on"])
        return line


def _channels_in(text: str) -> list[Channel]:
    names = {name.strip().removeprefix("@") for name in text.split(",") if name.strip()}
    found = list(Channel.objects.filter(name__in=names, is_suspended=False))
    missing = names - {channel.name for channel in found}
    if missing:
        raise forms.ValidationError(_("There is no channel %(names)s."), params={"names": ", ".join(sorted(missing))})
    return found
