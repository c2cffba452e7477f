"""Countries and amounts in templates. An amount is shown by `{{ money }}` itself."""

from django import template

from monetization.countries import country_name

register = template.Library()

register.filter("country", country_name)
