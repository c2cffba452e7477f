"""How a creator is paid: their account with the payment service, and being paid now."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import limits
from accounts.models import Channel, User
from monetization import banking, connecting, paying_out, payout_plans
from monetization.currencies import CURRENCIES
from monetization.gateway import open_gateway
from monetization.models import Payout, PayoutPlan
from monetization.whereabouts import creator_country
from pages.answers import refusal_told, user_of
from pages.money import money_page
from pages.money_forms import PlanForm
from pages.studio import own_channel_or_404

VISITS_AN_HOUR, PAYOUTS_AN_HOUR, CHANGES_AN_HOUR = 20, 10, 20


def ways_of(user: User) -> dict[str, Any]:
    """For the page: how somebody is paid, and what of it they may still choose."""
    now = timezone.now()
    account, country = banking.account_of(user), creator_country(user, now)
    there = connecting.account_there(user, now)
    is_ready = there is not None and there.state == "active"
    return {
        "account": account,
        "country": country,
        "is_reached": connecting.is_reached(country),
        "there": there,
        "asked": connecting.asked_of(there) if there else [],
        "can_be_paid": is_ready or account is not None,
        "by_bank": not is_ready and bool(account or not connecting.is_reached(country) or _is_refused(there)),
    }


def _is_refused(there: Any) -> bool:
    return there is not None and there.state == "refused"


@require_safe
@never_cache
@money_page
def go(request: HttpRequest, name: str) -> HttpResponse:
    """On to the payment service, which asks what it must know; a link there is for one visit, so this makes one."""
    channel, user = own_channel_or_404(request, name), user_of(request)
    again, after = (
        request.build_absolute_uri(reverse(view, args=[channel.name]))
        for view in ("studio-connect", "studio-connected")
    )
    url = _earnings(channel)
    with refusal_told(request):
        limits.count("connecting", user.pk, at_most=VISITS_AN_HOUR, within_s=3600)
        account = connecting.open_account(user=user, now=timezone.now())
        url = open_gateway().link_to(account.provider_id, again=again, back=after)
    return redirect(url)


@require_safe
@never_cache
@money_page
def back(request: HttpRequest, name: str) -> HttpResponse:
    """Back from there: how it stands by now."""
    channel, user = own_channel_or_404(request, name), user_of(request)
    with refusal_told(request):
        limits.count("connecting", user.pk, at_most=VISITS_AN_HOUR, within_s=3600)
        there = connecting.account_there(user, timezone.now())
        if there is not None:
            connecting.look_at(there, timezone.now())
    return redirect(_earnings(channel))


@require_POST
@money_page
def pay(request: HttpRequest, name: str) -> HttpResponse:
    """Be paid now what there is in a currency."""
    channel, user = own_channel_or_404(request, name), user_of(request)
    currency = request.POST.get("currency", "")
    if currency in CURRENCIES:
        with refusal_told(request):
            limits.count("pay-me", user.pk, at_most=PAYOUTS_AN_HOUR, within_s=3600)
            payout = paying_out.pay_now(creator=user, currency=currency, by=user, now=timezone.now())
            _say(request, payout)
    return redirect("studio-earnings", channel.name)


def plan_form_of(user: User) -> PlanForm:
    plan = PayoutPlan.objects.filter(user=user).first()
    return PlanForm(initial={"rhythm": plan.rhythm, "seller": plan.seller} if plan else None)


@require_POST
@money_page
def set_plan(request: HttpRequest, name: str) -> HttpResponse:
    """Choose when to be paid, and what stands on one's statements."""
    channel, user, form = own_channel_or_404(request, name), user_of(request), PlanForm(request.POST)
    if form.is_valid():
        with refusal_told(request):
            limits.count("payee", user.pk, at_most=CHANGES_AN_HOUR, within_s=3600)
            payout_plans.set_plan(user=user, by=user, now=timezone.now(), **form.cleaned_data)
            messages.success(request, _("Saved."))
    else:
        messages.error(request, _("Your details on statements can be 500 characters long."))
    return redirect("studio-earnings", channel.name)


def _say(request: HttpRequest, payout: Payout) -> None:
    if payout.state == Payout.State.RETURNED:
        messages.error(request, _("This payout didn’t go through. It is in your balance again; try later."))
    else:
        messages.success(request, _("%(amount)s is on its way to you.") % {"amount": payout.amount})


def _earnings(channel: Channel) -> str:
    return f"{reverse('studio-earnings', args=[channel.name])}#paid-to"
