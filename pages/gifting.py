"""Giving others a month of a tier, and what one was given."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import limits
from accounts.access import get_public_channel
from accounts.errors import AccountsError
from accounts.models import User
from monetization import actions
from monetization.access import get_own_given_month
from monetization.cards import cards_of
from monetization.contracts import may_subscribe
from monetization.errors import MonetizationError
from monetization.gifts import Quote, quote
from monetization.giving import drawable
from monetization.models import Payment, Tier
from monetization.pricing import price_for
from pages.answers import or_404, refusal_told, user_of
from pages.gift_forms import GiftForm, WishesForm, price_key
from pages.money import money_page, script
from pages.subscribing import country_of

LOOKS_A_MINUTE = 30


@require_http_methods(["GET", "HEAD", "POST"])
@money_page
def give(request: HttpRequest, name: str) -> HttpResponse:
    """Choose a tier and for whom; see what it costs; pay it."""
    user, now = user_of(request), timezone.now()
    with or_404():
        channel = get_public_channel(name)
    tiers = list(Tier.objects.on_sale().filter(channel=channel).prefetch_related("prices", "channel__owner"))
    if not tiers or not may_subscribe(user, channel):
        raise Http404
    country, cards = country_of(request, user), list(cards_of(user))
    priced = [(tier, price_for(tier, country, now)) for tier in tiers]
    initial = {"name": request.GET.get("to", "")}
    form = GiftForm(request.POST if request.method == "POST" else None, priced=priced, cards=cards, initial=initial)
    context: dict[str, Any] = {"channel": channel, "form": form, "cards": cards}
    if request.method == "POST" and form.is_valid():
        try:
            payment, context["quote"] = _act(user, form, country, now)
        except (AccountsError, MonetizationError) as error:
            form.add_error(None, str(error.message))
        else:
            if payment is not None:
                return redirect("payment", payment.pk)
            return render(request, "pages/money/gift_sure.html", context | _asked(form, context["quote"]))
    context["here"] = len(drawable(tiers[0], user, now))
    return render(request, "pages/money/gift.html", context | script(), status=422 if form.errors else 200)


def _act(user: User, form: GiftForm, country: str, now: datetime) -> tuple[Payment | None, Quote]:
    """Pay what the page said, or have it say what it would be."""
    wish = form.wish()
    limits.count("gift-looks", user.pk, at_most=LOOKS_A_MINUTE, within_s=60)
    found = quote(giver=user, wish=wish, country=country, now=now)
    if not form.has_seen(found):
        return None, found
    return actions.give_gift(giver=user, wish=wish, card=form.wanted_card, country=country, now=now), found


def _asked(form: GiftForm, found: Quote) -> dict[str, Any]:
    """What the page that asks once more shows, and sends again."""
    wish = form.wish()
    sent = [(key, value) for key, value in form.data.items() if key not in ("seen", "csrfmiddlewaretoken")]
    return {
        "wish": wish,
        "sent": sent,
        "seen": f"{found.count} {price_key(found)}",
        "is_fewer": wish.person is None and found.count < wish.count,
        "card": form.wanted_card,
    }


@require_POST
@money_page
def decline(request: HttpRequest, month_id: int) -> HttpResponse:
    """Not want what one was given."""
    with or_404():
        month = get_own_given_month(user_of(request), month_id)
    with refusal_told(request):
        actions.decline_gift(month=month, now=timezone.now())
        messages.success(request, _("Declined. It has ended."))
    return redirect("settings-subscriptions")


@require_POST
@money_page
def set_wishes(request: HttpRequest) -> HttpResponse:
    """Say whether others may give one something, and whether one is shown in lists."""
    form = WishesForm(request.POST)
    if form.is_valid():
        actions.set_wishes(user=user_of(request), **form.cleaned_data)
        messages.success(request, _("Saved."))
    return redirect("settings-subscriptions")
