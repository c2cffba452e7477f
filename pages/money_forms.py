"""What the studio's pages about money ask: a tier, a price, where the creator lives and has their account."""

from typing import Any

from babel import Locale
from django import forms
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _

from monetization.banks import plain_account_number, validate_account_number, validate_bic
from monetization.countries import country_choices
from monetization.currencies import CURRENCIES
from monetization.errors import MonetizationError
from monetization.models import PayoutSettings
from monetization.models.plans import LONGEST_DETAILS, Rhythm
from monetization.money import Money
from monetization.perks import all_perks
from monetization.pricing import check_price


def currency_choices() -> list[tuple[str, str]]:
    """In the reader's language."""
    names = Locale.parse(to_locale(get_language() or "en")).currencies
    return [(code, f"{code.upper()} · {names.get(code.upper(), code)}") for code in CURRENCIES]


class PriceForm(forms.Form):
    """An amount, said as people write it; what is wrong with it stands at the amount."""

    amount = forms.CharField(
        label=_("Price a month"), max_length=16, widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=currency_choices)
    check = staticmethod(check_price)

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or {}
        if "amount" in facts and "currency" in facts:
            try:
                facts["price"] = Money.parse(facts["amount"], facts["currency"])
                self.check(facts["price"])
            except MonetizationError as error:
                self.add_error("amount", str(error.message))
        return facts


class CountryPriceForm(PriceForm):
    country = forms.ChoiceField(
        label=_("Country"),
        required=False,
        choices=lambda: [("", _("Wherever no country has a price of its own")), *country_choices()],
    )
    field_order = ["country", "amount", "currency"]


class TierForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=40)
    about = forms.CharField(label=_("What it is"), max_length=300, required=False)
    perks = forms.MultipleChoiceField(required=False, choices=lambda: [(perk.code, perk.label) for perk in all_perks()])

    @property
    def perk_boxes(self) -> list[tuple[Any, bool]]:
        """Every perk, and whether it is ticked."""
        ticked = set(self["perks"].value() or [])
        return [(perk, perk.code in ticked) for perk in all_perks()]


class OpenTierForm(TierForm, PriceForm):
    field_order = ["name", "about", "amount", "currency", "perks"]


class CountryForm(forms.Form):
    country = forms.ChoiceField(
        label=_("Where you live"),
        choices=lambda: [("", _("Choose a country")), *country_choices()],
        help_text=_("It decides which fees hold for what you earn from now on."),
    )


class PlanForm(forms.Form):
    """When somebody wants to be paid, and who they are on their statements."""

    seller = forms.CharField(
        label=_("Your details on statements"),
        max_length=LONGEST_DETAILS,
        required=False,
        help_text=_("Name, address and tax number, if your accountant or tax office wants them there."),
        widget=forms.Textarea({"rows": 3, "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usual = Rhythm(PayoutSettings.load().rhythm).label
        as_the_house = _("As usual here: %(rhythm)s") % {"rhythm": usual}
        self.fields["rhythm"] = forms.ChoiceField(
            label=_("Paid"), required=False, choices=[("", as_the_house), *Rhythm.choices]
        )
        self.order_fields(["rhythm", "seller"])


class BankForm(forms.Form):
    holder = forms.CharField(label=_("Account holder"), max_length=70, widget=forms.TextInput({"autocomplete": "name"}))
    number = forms.CharField(
        label=_("IBAN or account number"), max_length=50, widget=forms.TextInput({"autocomplete": "off"})
    )
    bic = forms.CharField(
        label=_("BIC"), max_length=14, required=False, help_text=_("If your bank says that it is needed.")
    )

    def clean_number(self) -> str:
        number = plain_account_number(self.cleaned_data["number"])
        validate_account_number(number)
        return number

    def clean_bic(self) -> str:
        bic = plain_account_number(self.cleaned_data["bic"])
        if bic:
            validate_bic(bic)
        return bic

    def clean_holder(self) -> str:
        holder = str(self.cleaned_data["holder"])
        if not holder.isprintable():
            raise forms.ValidationError(_("This is one line of printable text."))
        return holder
