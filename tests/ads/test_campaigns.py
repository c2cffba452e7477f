"""What an advertiser changes of a campaign that runs is looked at before it runs again."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from ads.models import Campaign, Creative, LineItem

LINE = {
    "name": "Evenings",
    "format": "pre",
    "model": "cpv",
    "price": "0.25",
    "budget": "20",
    "pacing": "even",
    "cap_count": "3",
    "cap_hours": "24",
    "starts_at": "2026-06-01T12:00",
}
CARD = {"title": "Tulips", "text": "Red ones", "click_url": "https://f.example/"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("fresh_house")
def test_whatever_is_changed_is_reviewed_anew(
    settings: Any, client: Client, campaign: Campaign, line: LineItem, bob: User
) -> None:
    settings.PAYMENTS = "sandbox"
    client.force_login(bob)
    page = f"/advertise/{campaign.pk}"
    changes: list[tuple[str, dict[str, Any]]] = [
        (f"{page}/lines", LINE),
        (f"{page}/lines/{line.pk}", LINE | {"name": "Nights"}),
        (f"{page}/cards", CARD),
    ]
    for address, told in changes:
        Campaign.objects.update(state="approved")
        assert client.post(address, told).status_code == 302, address
        assert Campaign.objects.get().state == "review", address

    assert set(LineItem.objects.values_list("name", flat=True)) == {"Evenings", "Nights"}
    assert Creative.objects.filter(title="Tulips", state="review").exists()
