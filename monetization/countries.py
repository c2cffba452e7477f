"""Countries by their two letters (ISO 3166-1, and XK), named in the reader's language. "" is a country unknown."""

import unicodedata

from babel import Locale
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _

_CODES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA "
    "CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA "
    "GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP "
    "KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS "
    "MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS "
    "RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW "
    "TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW"
)
COUNTRIES = frozenset(_CODES.split())
# Where the gateway's transfers arrive, for a house within them: the European Economic Area and a few others.
_CONNECT = "AT BE BG CA CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK US"
CONNECT_COUNTRIES = frozenset(_CONNECT.split())


def country_name(code: str) -> str:
    """The name of a country, or its letters where there is none."""
    return str(_locale().territories.get(code, code))


def country_choices() -> list[tuple[str, str]]:
    """For a form, in the order of their names."""
    return sorted(((code, country_name(code)) for code in COUNTRIES), key=lambda pair: _plain(pair[1]))


def validate_country(code: str) -> None:
    if code not in COUNTRIES:
        raise ValidationError(_("Choose a country from the list."))


def _locale() -> Locale:
    return Locale.parse(to_locale(get_language() or "en"))


def _plain(name: str) -> str:
    """Without accents, so that États-Unis stands among the E."""
    return "".join(one for one in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(one))
