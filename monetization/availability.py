"""Where a feature is offered."""

from monetization.errors import NotOfferedThere
from monetization.models import Availability

Feature = Availability.Feature


def is_offered(feature: str, *countries: str) -> bool:
    """Whether a feature is offered in all of these countries. One that is unknown ("") is in no list."""
    row = Availability.objects.filter(feature=feature).first()
    return row is None or all((country in row.countries) == row.is_allow_list for country in countries)


def check_offered(feature: str, *countries: str) -> None:
    """Raises NotOfferedThere."""
    if not is_offered(feature, *countries):
        raise NotOfferedThere
