"""Fees, taxes and where what is offered: rows that are added, and ended."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.db.models import Field
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import AuditedAdmin, ReadOnlyAdmin
from monetization.countries import country_choices
from monetization.models import Availability, FeeRule, Residence, TaxRate


class CountriesWidget(FilteredSelectMultiple):
    """Two lists, in a box of their own: they would push the label aside."""

    def __init__(self) -> None:
        super().__init__(_("countries"), is_stacked=False)

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        return format_html("<div>{}</div>", super().render(*args, **kwargs))


class CountriesAdmin(AuditedAdmin):
    """Countries are chosen by name."""

    def formfield_for_dbfield(self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        about: Any = {"label": capfirst(str(db_field.verbose_name)), "help_text": db_field.help_text}
        if db_field.name == "countries":
            return forms.MultipleChoiceField(choices=country_choices, required=False, widget=CountriesWidget(), **about)
        if db_field.name == "country":
            return forms.ChoiceField(choices=country_choices, **about)
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class DatedAdmin(CountriesAdmin):
    """What was split by a row keeps its reason: of a row that is there only its end and its note change."""

    date_hierarchy = "starts_at"

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"starts_at": timezone.now()} | dict(super().get_changeform_initial_data(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        kept = {"id", "ends_at", "note"}
        return [one.name for one in self.opts.fields if one.name not in kept] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(FeeRule)
class FeeRuleAdmin(DatedAdmin):
    """“No fee on tickets in these countries until then” is one row: tickets, countries, the end, and a rate of 0."""

    list_display = ["__str__", "where", "channel", "currency", "fixed_minor", "starts_at", "ends_at", "note"]
    list_filter = ["kind", "currency", "starts_at", "ends_at"]
    list_select_related = ["channel"]
    search_fields = ["channel__name", "note"]
    autocomplete_fields = ["channel"]

    @admin.display(description=_("creator's country"))
    def where(self, rule: FeeRule) -> str:
        return ", ".join(rule.countries) or str(_("everywhere"))


@admin.register(TaxRate)
class TaxRateAdmin(DatedAdmin):
    """Prices include it. Without a row there is none."""

    list_display = ["__str__", "kind", "starts_at", "ends_at", "note"]
    list_filter = ["kind", "country"]
    search_fields = ["country", "note"]


@admin.register(Availability)
class AvailabilityAdmin(CountriesAdmin):
    """A feature without a row is offered everywhere."""

    list_display = ["feature", "is_allow_list", "where"]

    @admin.display(description=_("countries"))
    def where(self, row: Availability) -> str:
        return ", ".join(row.countries)


@admin.register(Residence)
class ResidenceAdmin(ReadOnlyAdmin):
    """Where creators say that they live, and said before."""

    list_display = ["user", "country", "since"]
    list_filter = ["country"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    date_hierarchy = "since"
