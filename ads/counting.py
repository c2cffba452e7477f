"""Events of ads, as pages tell them: taken when they may be true by the server's clock, each once."""

from datetime import datetime

from ads import store
from ads.errors import AdsError, BadOffer, NotYet, OtherViewer, Told
from ads.offers import Offer, read
from ads.viewers import Viewer

# First frame, two seconds in view, quarters, what counts as a view, skipped, seen through, followed.
EVENTS = ("imp", "v2", "q1", "mid", "q3", "view", "skip", "complete", "click")
_REFUSALS: dict[str, type[AdsError]] = {"gone": BadOffer, "viewer": OtherViewer, "early": NotYet, "told": Told}


def take_event(*, token: str, event: str, viewer: Viewer, now: datetime) -> Offer:
    """Count an event, and bill it where it is what the line pays for.

    Raises BadOffer, OtherViewer, NotYet or Told. An offer that was touched is refused before Redis is asked.
    """
    offer = read(token, now)
    if event not in EVENTS:
        raise BadOffer
    if not viewer.is_known_by(offer.viewer, now):
        raise OtherViewer
    status, _billed = store.take(offer=offer.id, event=event, now=now, viewer=offer.viewer)
    if status != "ok":
        raise _REFUSALS[status]
    return offer
