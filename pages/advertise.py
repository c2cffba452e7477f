"""An advertiser's pages: their account and its balance, and their campaigns."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import limits
from accounts.errors import AccountsError
from ads import actions, buying
from ads.access import get_own_advertiser, get_own_top_up
from ads.errors import AdsError
from ads.models import Advertiser, Campaign
from ads.spending import pool, unused
from monetization import paying
from monetization.cards import cards_of
from monetization.errors import MonetizationError
from pages.advertise_forms import AdvertiserForm, CampaignForm, TopUpForm
from pages.answers import or_404, refusal_told, user_of
from pages.lists import page_of
from pages.money import money_page, script

REGISTRATIONS_A_DAY, CAMPAIGNS_AN_HOUR, LOOKS_A_MINUTE = 5, 20, 20


@require_safe
@money_page
def show(request: HttpRequest) -> HttpResponse:
    return _render(request)


@require_POST
@money_page
def register(request: HttpRequest) -> HttpResponse:
    """Open an account for ads."""
    user, form = user_of(request), AdvertiserForm(request.POST)
    if Advertiser.objects.filter(owner=user).exists():
        return redirect("advertise")
    if form.is_valid():
        try:
            limits.count("advertisers", user.pk, at_most=REGISTRATIONS_A_DAY, within_s=86400)
            actions.register(owner=user, now=timezone.now(), **form.cleaned_data)
            messages.success(request, _("Your account is open. An administrator looks at it before anything runs."))
            return redirect("advertise")
        except AccountsError as error:
            form.add_error(None, str(error.message))
    return _render(request, form=form)


@require_POST
@money_page
def begin(request: HttpRequest) -> HttpResponse:
    """Begin a campaign."""
    advertiser, form = advertiser_or_404(request), CampaignForm(request.POST)
    if not form.is_valid():
        return _render(request, campaign_form=form)
    try:
        limits.count("campaigns", advertiser.pk, at_most=CAMPAIGNS_AN_HOUR, within_s=3600)
    except AccountsError as error:
        messages.error(request, str(error.message))
        return redirect("advertise")
    form.instance.advertiser, form.instance.created_at = advertiser, timezone.now()
    return redirect("campaign", form.save().pk)


@require_POST
@money_page
def top_up(request: HttpRequest) -> HttpResponse:
    """Prepay by card."""
    advertiser = advertiser_or_404(request)
    form = TopUpForm(request.POST, cards=list(cards_of(user_of(request))), currency=advertiser.currency)
    if form.is_valid():
        try:
            row = actions.top_up(advertiser=advertiser, now=timezone.now(), **form.wish())
            return redirect("ad-top-up", row.pk)
        except (AccountsError, MonetizationError, AdsError) as error:
            form.add_error(None, str(error.message))
    return _render(request, top_up_form=form)


@require_safe
@money_page
def show_top_up(request: HttpRequest, top_up_id: UUID) -> HttpResponse:
    """What became of a top-up: a receipt, or a question of one's bank."""
    with or_404():
        row = get_own_top_up(user_of(request), top_up_id)
    context = {"payment": row, "client_secret": paying.secret_of(row)}
    return render(request, "pages/advertise/top_up.html", context | script())


@require_POST
@money_page
def look_again(request: HttpRequest, top_up_id: UUID) -> HttpResponse:
    user = user_of(request)
    with or_404():
        row = get_own_top_up(user, top_up_id)
    with refusal_told(request):
        limits.count("payment-looks", user.pk, at_most=LOOKS_A_MINUTE, within_s=60)
        paying.look_again(row, timezone.now())
    return redirect("ad-top-up", top_up_id)


@require_POST
@money_page
def refund(request: HttpRequest) -> HttpResponse:
    """Have back what wasn't spent."""
    advertiser = advertiser_or_404(request)
    with refusal_told(request):
        rows = actions.refund_unused(advertiser=advertiser, by=user_of(request), now=timezone.now())
        messages.success(request, _("%(amount)s go back.") % {"amount": ", ".join(str(row.amount) for row in rows)})
    return redirect("advertise")


def advertiser_or_404(request: HttpRequest) -> Advertiser:
    with or_404():
        return get_own_advertiser(user_of(request))


def _render(request: HttpRequest, **bound: Any) -> HttpResponse:
    user = user_of(request)
    advertiser = Advertiser.objects.filter(owner=user).first()
    if advertiser is None:
        context: dict[str, Any] = {"form": AdvertiserForm(initial={"currency": "eur"})}
        return render(request, "pages/advertise/register.html", context | bound, status=422 if bound else 200)
    cards = list(cards_of(user))
    least, most = buying.bounds_of(advertiser.currency)
    context = {
        "advertiser": advertiser,
        "balance": pool(advertiser),
        "unused": unused(advertiser),
        "least": least,
        "most": most,
        "cards": cards,
        "top_up_form": TopUpForm(cards=cards, currency=advertiser.currency),
        "campaign_form": CampaignForm(),
        "top_ups": advertiser.top_ups.all()[:12],
        "page": page_of(request, Campaign.objects.filter(advertiser=advertiser)),
    }
    return render(request, "pages/advertise/overview.html", context | bound, status=422 if bound else 200)
