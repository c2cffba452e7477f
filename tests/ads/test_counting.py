"""What pages tell of ads: believed only when it may be true, and paid once."""

import random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from ads import store
from ads.counting import take_event
from ads.deciding import A_NETWORK, Decided, Slot, decide
from ads.errors import AdsError, BadOffer, NotYet, OtherViewer, Told
from ads.models import Campaign, LineItem
from ads.offers import read
from ads.viewers import Viewer
from streaming.models import Broadcast
from tests.ads.conftest import Offer, make_line, viewer_named

pytestmark = pytest.mark.django_db
BOB = viewer_named("user:7")


def tell(found: Decided | None, events: str, at: datetime) -> None:
    """`imp@0 view@12`: events, with the seconds after the offer at which they come."""
    assert found is not None
    for one in events.split():
        name, _, seconds = one.partition("@")
        take_event(token=found.offer.sign(), event=name, viewer=BOB, now=at + timedelta(seconds=float(seconds)))


@pytest.mark.parametrize(
    ("events", "refused"),
    [
        # By the server's clock, with a little patience for the page's.
        ("imp@0 skip@4", NotYet),
        ("imp@0 v2@1", NotYet),
        ("imp@0 q1@2", NotYet),
        ("imp@0 view@10", NotYet),
        ("imp@0 complete@10.5", NotYet),
        # Before the first frame there is nothing to tell.
        ("skip@6", NotYet),
        ("click@1", NotYet),
        # Each once, and after a skip nothing but a click.
        ("imp@0 imp@1", Told),
        ("imp@0 skip@5 skip@6", Told),
        ("imp@0 skip@5 view@13", Told),
        ("imp@0 nonsense@1", BadOffer),
        # Offers run out.
        ("imp@1900", BadOffer),
    ],
)
def test_what_cannot_be_true_is_refused(
    line: LineItem, offer: Offer, noon: datetime, events: str, refused: type[AdsError]
) -> None:
    with pytest.raises(refused):
        tell(offer(), events, noon)

    assert store.money_of(line.pk).get("spent", 0) == 0


@pytest.mark.parametrize(
    ("model", "price", "events", "billed"),
    [
        ("cpv", 333_300, "imp@0 v2@2 q1@3 mid@6 q3@9 view@12 complete@12", 333_300),
        ("cpv", 333_300, "imp@0 v2@2 skip@5", 0),
        ("cpv", 333_300, "imp@0 click@1 view@12", 333_300),
        ("cpv", 333_300, "imp@0 skip@5 click@6", 333_300),
        ("vcpm", 4_000_000, "imp@0 v2@2 skip@5", 4_000),
        ("vcpm", 4_000_000, "imp@0 skip@5", 0),
        ("cpc", 200_000, "imp@0 view@12 complete@12", 0),
        ("cpc", 200_000, "imp@0 click@3", 200_000),
    ],
)
def test_each_model_bills_what_it_pays_for(
    campaign: Campaign, offer: Offer, noon: datetime, model: str, price: int, events: str, billed: int
) -> None:
    line = make_line(campaign, noon, model=model, price_micros=price)

    tell(offer(), events, noon)

    assert store.money_of(line.pk)["spent"] == billed


def test_a_skip_gives_the_reservation_back_at_once(line: LineItem, offer: Offer, noon: datetime) -> None:
    found = offer()
    assert store.money_of(line.pk)["reserved"] == line.price_micros

    tell(found, "imp@0 skip@5", noon)

    assert store.money_of(line.pk)["reserved"] == 0


def test_what_was_touched_is_refused(line: LineItem, offer: Offer, noon: datetime, settings: Any) -> None:
    found = offer()
    assert found is not None
    token = found.offer.sign()
    said, _, sealed = token.partition(".")
    dearer = urlsafe_b64encode(urlsafe_b64decode(said)[:-2] + (9999).to_bytes(2)).decode()
    secret = settings.SECRET_KEY
    settings.SECRET_KEY = "another"
    forged = found.offer.sign()
    settings.SECRET_KEY = secret

    for bad in ("", "x", ".", "é.é", token[:-1], f"{dearer}.{sealed}", forged):
        with pytest.raises(BadOffer):
            take_event(token=bad, event="imp", viewer=BOB, now=noon)
    with pytest.raises(OtherViewer):
        take_event(token=token, event="imp", viewer=viewer_named("user:8"), now=noon)
    # Its first frame may come within the millisecond.
    soon = noon + timedelta(microseconds=600)
    assert read(replace(found.offer, issued_ms=store.to_ms(soon)).sign(), soon).issued_ms > soon.timestamp() * 1000
    # While one secret replaces another, both are good.
    settings.SECRET_KEY_FALLBACKS = ["another"]
    assert read(forged, noon) == found.offer


def test_forty_who_race_pay_once(line: LineItem, offer: Offer, noon: datetime) -> None:
    found = offer()
    tell(found, "imp@0", noon)

    def view(_number: int) -> bool:
        try:
            tell(found, "view@12", noon)
        except Told:
            return False
        return True

    with ThreadPoolExecutor(20) as threads:
        taken = list(threads.map(view, range(40)))

    assert taken.count(True) == 1
    assert store.money_of(line.pk)["spent"] == line.price_micros


def test_offers_that_were_gathered_are_capped_when_they_are_shown(
    line: LineItem, broadcast: Broadcast, noon: datetime
) -> None:
    slot, refused = Slot(broadcast.channel, broadcast, "pre"), 0
    LineItem.objects.update(price_micros=1000)
    viewers = [Viewer(f"user:{number}", "one network") for number in range(A_NETWORK + 2)]
    offers = [decide(slot=slot, viewer=viewer, now=noon, rng=random.Random(7)) for viewer in viewers]

    for viewer, found in zip(viewers, offers, strict=True):
        assert found is not None
        try:
            take_event(token=found.offer.sign(), event="imp", viewer=viewer, now=noon)
        except BadOffer:
            refused += 1

    assert refused == 2
    assert store.money_of(line.pk)["reserved"] == A_NETWORK * 1000


def test_a_viewer_has_one_open_offer(line: LineItem, offer: Offer, noon: datetime) -> None:
    first = offer()
    offer()

    assert store.money_of(line.pk)["reserved"] == line.price_micros
    with pytest.raises(Told):
        tell(first, "imp@0", noon)


def test_an_ad_under_way_at_midnight_counts(line: LineItem, offer: Offer, noon: datetime) -> None:
    late = noon.replace(hour=23, minute=59, second=55)

    tell(offer(at=late), "imp@0 view@12", late)

    assert store.money_of(line.pk)["spent"] == line.price_micros


def test_what_nobody_saw_to_its_end_is_given_back_and_still_heard(line: LineItem, offer: Offer, noon: datetime) -> None:
    found = offer()
    tell(found, "imp@0", noon)
    store.reap(noon + timedelta(seconds=16))
    assert store.money_of(line.pk)["reserved"] == line.price_micros
    store.reap(noon + timedelta(seconds=18))
    assert store.money_of(line.pk)["reserved"] == 0

    tell(found, "view@40", noon)

    assert store.money_of(line.pk)["spent"] == line.price_micros
