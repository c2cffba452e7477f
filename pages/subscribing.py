"""Subscribing to a channel for money, and what one pays for."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import get_public_channel
from accounts.errors import AccountsError
from accounts.models import Channel, User
from monetization import actions
from monetization.access import get_own_contract
from monetization.cards import billing_country, cards_of
from monetization.contracts import contract_on, may_subscribe
from monetization.errors import MonetizationError
from monetization.models import Contract, GivenMonth, Tier
from monetization.pricing import price_for
from monetization.switching import offers, why_none
from monetization.whereabouts import viewer_country
from monetization.wishes import wishes_of
from pages.answers import or_404, refusal_told, user_of
from pages.gift_forms import WishesForm
from pages.lists import page_of
from pages.money import money_page, script
from pages.paying_forms import SubscribeForm, SwitchForm

GIVEN_A_PAGE = 12


@require_http_methods(["GET", "HEAD", "POST"])
@money_page
def subscribe(request: HttpRequest, name: str) -> HttpResponse:
    """Choose a tier and pay its first month."""
    user = user_of(request)
    with or_404():
        channel = get_public_channel(name)
    tiers = list(Tier.objects.on_sale().filter(channel=channel).prefetch_related("prices"))
    if not tiers or not may_subscribe(user, channel):
        raise Http404
    cards = list(cards_of(user))
    country = country_of(request, user)
    priced = [(tier, price_for(tier, country, timezone.now())) for tier in tiers]
    form = SubscribeForm(request.POST if request.method == "POST" else None, priced=priced, cards=cards)
    if request.method == "POST" and form.is_valid():
        try:
            payment = actions.subscribe(user=user, country=country, now=timezone.now(), **form.wish())
            return redirect("payment", payment.pk)
        except (AccountsError, MonetizationError) as error:
            form.add_error(None, str(error.message))
    return _render(request, channel, user, form, cards)


def country_of(request: HttpRequest, user: User) -> str:
    """Where somebody is billed: as they chose, or by the card that is used first; else by where the request is from."""
    return viewer_country(request, billed_in=billing_country(user, cards_of(user).first()))


def _render(request: HttpRequest, channel: Channel, user: User, form: SubscribeForm, cards: list[Any]) -> HttpResponse:
    context = {"channel": channel, "form": form, "cards": cards, "contract": contract_on(user, channel)}
    status = 422 if form.errors else 200
    return render(request, "pages/money/subscribe.html", context | script(), status=status)


@require_safe
@money_page
def show_own(request: HttpRequest) -> HttpResponse:
    """What one pays for each month, what ended, and what one was given."""
    user, now = user_of(request), timezone.now()
    rows = Contract.objects.telling_disputes().filter(user=user).exclude(state=Contract.State.OPENING)
    given = GivenMonth.objects.received_by(user).order_by("-subscription__starts_at", "-pk")
    given = given.select_related("gift__payment__payer", "gift__tier__channel", "subscription")
    months = page_of(request, given, GIVEN_A_PAGE, "given")
    wishes = wishes_of(user)
    context = {
        "page": page_of(request, rows.select_related("channel", "tier", "next_tier", "subscription")),
        "given": months,
        "given_rows": [(month, month.gift.shown_giver, month.is_theirs_at(now)) for month in months],
        "wishes": WishesForm(initial={"takes_gifts": wishes.takes_gifts, "is_ranked": wishes.is_ranked}),
        "now": now,
    }
    return render(request, "pages/settings/subscriptions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@money_page
def switch(request: HttpRequest, contract_id: int) -> HttpResponse:
    """Change to another tier of the same channel, or stay after all."""
    user, now = user_of(request), timezone.now()
    with or_404():
        contract = get_own_contract(user, contract_id)
    cards, found = list(cards_of(user)), offers(contract, now)
    form = SwitchForm(request.POST if request.method == "POST" else None, contract=contract, offers=found, cards=cards)
    if request.method == "POST" and form.is_valid():
        try:
            payment = actions.switch(contract=contract, now=now, **form.wish())
        except (AccountsError, MonetizationError) as error:
            form.add_error(None, str(error.message))
        else:
            if payment is not None:
                return redirect("payment", payment.pk)
            messages.success(request, _("Saved."))
            return redirect("settings-subscriptions")
    context = {"contract": contract, "form": form, "offers": found, "cards": cards}
    if not found:
        context["why_none"] = why_none(contract, now)
    return render(request, "pages/money/switch.html", context, status=422 if form.errors else 200)


@require_POST
@money_page
def cancel(request: HttpRequest, contract_id: int) -> HttpResponse:
    with or_404():
        contract = get_own_contract(user_of(request), contract_id)
    with refusal_told(request):
        actions.cancel(contract=contract, now=timezone.now())
        messages.success(request, _("Cancelled. You stay a subscriber for as long as you have paid."))
    return redirect("settings-subscriptions")


@require_POST
@money_page
def resume(request: HttpRequest, contract_id: int) -> HttpResponse:
    with or_404():
        contract = get_own_contract(user_of(request), contract_id)
    with refusal_told(request):
        actions.resume(contract=contract, now=timezone.now())
        messages.success(request, _("It goes on."))
    return redirect("settings-subscriptions")


@require_POST
@money_page
def pay_now(request: HttpRequest, contract_id: int) -> HttpResponse:
    """An overdue month, from the card that is used first."""
    with or_404():
        contract = get_own_contract(user_of(request), contract_id)
    try:
        payment = actions.pay_now(contract=contract, now=timezone.now())
    except (AccountsError, MonetizationError) as error:
        messages.error(request, str(error.message))
        return redirect("settings-subscriptions")
    return redirect("payment", payment.pk)
