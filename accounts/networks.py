"""Where somebody comes from, as roughly as counting needs it, and without telling it."""

from datetime import datetime
from ipaddress import ip_address, ip_network

from django.utils.crypto import salted_hmac


def network_of(address: str, now: datetime) -> str:
    """A key for an address's neighbourhood, its /24 or in IPv6 its /56: another one each day, from which no address can
    be read. "" for what is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    near = ip_network(f"{found}/{24 if found.version == 4 else 56}", strict=False)
    return salted_hmac("accounts.networks", f"{near}:{now:%Y%m%d}", algorithm="sha256").hexdigest()[:16]
