"""The studio's page of subscriptions: what the owner sells by the month, where for how much, what comes with it, and
what was given to whom."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Count, Prefetch, Q
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import limits
from accounts.errors import AccountsError
from accounts.models import Channel
from ads.perks import NO_ADS
from monetization import pricing, tiers
from monetization.errors import MonetizationError
from monetization.models import Gift, Tier, TierPrice
from monetization.models.tiers import MOST_OPEN
from pages.answers import or_404, refusal_told, user_of
from pages.lists import page_of
from pages.money import money_page
from pages.money_forms import CountryPriceForm, OpenTierForm, TierForm
from pages.studio import frame, own_channel_or_404

CHANGES_AN_HOUR = 60
_GIFTS_A_PAGE = 12


@require_safe
@money_page
def show(request: HttpRequest, name: str) -> HttpResponse:
    return _render(request, own_channel_or_404(request, name))


@require_POST
@money_page
def open_one(request: HttpRequest, name: str) -> HttpResponse:
    channel, form = own_channel_or_404(request, name), OpenTierForm(request.POST, prefix="new")

    def save() -> None:
        facts = form.cleaned_data
        tiers.open_tier(
            channel=channel,
            by=user_of(request),
            name=facts["name"],
            about=facts["about"],
            perk_codes=facts["perks"],
            price=facts["price"],
            now=timezone.now(),
        )

    return _saved(request, channel, form, {"new": form}, save)


@require_POST
@money_page
def change(request: HttpRequest, name: str, tier_id: int) -> HttpResponse:
    channel, tier = _tier(request, name, tier_id)
    form = TierForm(request.POST, prefix=f"t{tier.pk}")

    def save() -> None:
        facts = form.cleaned_data
        tiers.change_tier(
            tier=tier, by=user_of(request), name=facts["name"], about=facts["about"], perk_codes=facts["perks"]
        )

    return _saved(request, channel, form, {f"t{tier.pk}": form}, save)


@require_POST
@money_page
def set_price(request: HttpRequest, name: str, tier_id: int) -> HttpResponse:
    channel, tier = _tier(request, name, tier_id)
    form = CountryPriceForm(request.POST, prefix=f"p{tier.pk}")

    def save() -> None:
        facts = form.cleaned_data
        _tell_start(request, tier, facts["country"], facts["price"])

    return _saved(request, channel, form, {f"p{tier.pk}": form}, save, says_so=False)


@require_POST
@money_page
def drop_price(request: HttpRequest, name: str, tier_id: int, country: str) -> HttpResponse:
    """A country pays what everybody else does again."""
    channel, tier = _tier(request, name, tier_id)
    with refusal_told(request):
        limits.count("tiers", user_of(request).pk, at_most=CHANGES_AN_HOUR, within_s=3600)
        _tell_start(request, tier, country, None)
    return redirect("studio-subscriptions", channel.name)


@require_POST
@money_page
def close(request: HttpRequest, name: str, tier_id: int) -> HttpResponse:
    channel, tier = _tier(request, name, tier_id)
    tiers.close_tier(tier=tier, by=user_of(request), now=timezone.now())
    messages.success(request, _("Closed. Who has it keeps it."))
    return redirect("studio-subscriptions", channel.name)


@require_POST
@money_page
def reopen(request: HttpRequest, name: str, tier_id: int) -> HttpResponse:
    channel, tier = _tier(request, name, tier_id)
    with refusal_told(request):
        tiers.reopen_tier(tier=tier, by=user_of(request))
        messages.success(request, _("On sale again."))
    return redirect("studio-subscriptions", channel.name)


def _tell_start(request: HttpRequest, tier: Tier, country: str, price: Any) -> None:
    now = timezone.now()
    starts_at = pricing.set_price(tier=tier, country=country, price=price, by=user_of(request), now=now)
    if starts_at > now:
        day = date_format(starts_at.date())
        messages.success(request, _("Announced: it holds from %(day)s on. Subscribers are told now.") % {"day": day})
    else:
        messages.success(request, _("Saved."))


def _saved(
    request: HttpRequest,
    channel: Channel,
    form: BaseForm,
    bound: dict[str, BaseForm],
    save: Callable[[], object],
    *,
    says_so: bool = True,
) -> HttpResponse:
    """Have a valid form saved, or show what is wrong with it."""
    if form.is_valid():
        try:
            limits.count("tiers", user_of(request).pk, at_most=CHANGES_AN_HOUR, within_s=3600)
            save()
        except (MonetizationError, AccountsError) as error:
            form.add_error(None, str(error.message))
        else:
            if says_so:
                messages.success(request, _("Saved."))
            return redirect("studio-subscriptions", channel.name)
    return _render(request, channel, bound)


def _render(request: HttpRequest, channel: Channel, bound: dict[str, BaseForm] | None = None) -> HttpResponse:
    bound, now = bound or {}, timezone.now()
    running = Q(subscriptions__starts_at__lte=now) & (
        Q(subscriptions__ends_at__isnull=True) | Q(subscriptions__ends_at__gt=now)
    )
    rows = (
        Tier.objects.filter(channel=channel)
        .annotate(subscribers=Count("subscriptions", filter=running))
        .prefetch_related(Prefetch("prices", TierPrice.objects.order_by("country")))
    )
    on_sale = [_shown(tier, bound, now) for tier in rows.filter(closed_at__isnull=True)]
    closed = page_of(request, rows.filter(closed_at__isnull=False).order_by("-closed_at", "-pk"))
    context = frame(request, channel, "subscriptions") | {
        "tiers": on_sale,
        "gifts": page_of(request, Gift.objects.paid_on(channel), _GIFTS_A_PAGE, "gifts"),
        "closed": closed,
        "may_open": len(on_sale) < MOST_OPEN,
        "new": bound.get("new") or OpenTierForm(prefix="new", initial={"currency": "eur", "perks": ["badge", NO_ADS]}),
        "notice_days": pricing.NOTICE.days,
    }
    return render(request, "pages/studio/subscriptions.html", context, status=422 if bound else 200)


def _shown(tier: Tier, bound: dict[str, BaseForm], now: Any) -> dict[str, Any]:
    """A tier with its prices, what is announced of them, and its forms."""
    prices, coming = pricing.prices_of(tier, now), pricing.coming_for(tier, now)
    about = {"name": tier.name, "about": tier.about, "perks": tier.perks}
    key, price_key = f"t{tier.pk}", f"p{tier.pk}"
    return {
        "tier": tier,
        "price": prices[""],
        "prices": [(one, prices.get(one), coming.get(one)) for one in sorted({*prices, *coming})],
        "form": bound.get(key) or TierForm(prefix=key, initial=about),
        "price_form": bound.get(price_key)
        or CountryPriceForm(prefix=price_key, initial={"currency": prices[""].currency}),
        "is_bound": key in bound or price_key in bound,
    }


def _tier(request: HttpRequest, name: str, tier_id: int) -> tuple[Channel, Tier]:
    channel = own_channel_or_404(request, name)
    with or_404():
        return channel, tiers.get_tier(channel, tier_id)
