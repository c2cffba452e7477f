"""Pages where people pay: their cards, a tip, and what became of a payment."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import limits
from accounts.access import get_public_channel
from accounts.errors import AccountsError
from accounts.models import Channel
from monetization import actions
from monetization.access import get_own_card, get_own_payment
from monetization.cards import cards_of
from monetization.errors import MonetizationError
from monetization.models import Customer, Payment
from monetization.paying import secret_of
from monetization.receipts import tax_in
from monetization.tips import may_tip, tips_of
from pages.answers import or_404, refusal_told, user_of
from pages.lists import page_of
from pages.paying_forms import BillingForm, TipForm
from spaces import listing as space_listing
from streaming.models import ScheduledBroadcast

CARDS_AN_HOUR = 20
LOOKS_A_MINUTE = 30

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def money_page(view: View[P]) -> View[P]:
    """For who is logged in, never kept by a cache, and not there at all in a house without payments."""

    @wraps(view)
    def show(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if settings.PAYMENTS == "off":
            raise Http404
        return view(request, *args, **kwargs)

    return cast(View[P], never_cache(login_required(show)))


@require_safe
@money_page
def wallet(request: HttpRequest) -> HttpResponse:
    """One's cards, and what one paid."""
    user = user_of(request)
    rows = Payment.objects.filter(payer=user).select_related("channel", "gift")
    context: dict[str, Any] = {"cards": cards_of(user), "page": page_of(request, rows)}
    customer = Customer.objects.filter(user=user).first()
    if customer is not None:
        context["country_form"] = BillingForm(initial={"country": customer.country})
    context["back"] = request.GET.get("back", "")
    return render(request, "pages/settings/wallet.html", context | script())


def script() -> dict[str, str]:
    """What a page needs to load the gateway's script."""
    return {"stripe_js": settings.STRIPE_JS_URL, "stripe_key": settings.ENV.stripe_publishable_key}


@require_POST
@money_page
def start_card(request: HttpRequest) -> HttpResponse:
    """What the browser needs to have a card saved; the card's number never comes here."""
    user = user_of(request)
    try:
        limits.count("cards", user.pk, at_most=CARDS_AN_HOUR, within_s=3600)
        setup = actions.start_saving(user)
    except (AccountsError, MonetizationError) as error:
        return JsonResponse({"error": str(error.message)}, status=409)
    return JsonResponse({"client_secret": setup.client_secret})


@require_POST
@money_page
def keep_card(request: HttpRequest) -> HttpResponse:
    """The browser has had a card saved: keep it."""
    user = user_of(request)
    with refusal_told(request):
        limits.count("cards-kept", user.pk, at_most=CARDS_AN_HOUR, within_s=3600)
        card = actions.finish_saving(user=user, setup_id=request.POST.get("setup", ""), now=timezone.now())
        messages.success(request, _("%(card)s is saved.") % {"card": card})
    return _back_to_paying(request.POST.get("back", ""))


def _back_to_paying(back: str) -> HttpResponse:
    """To where a card was missing: `tip:alice`, `subscribe:alice`, `gift:alice` or `ticket:<what was announced>`."""
    page, _colon, name = back.partition(":")
    if page == "ticket":
        return _back_to_ticket(name)
    is_there = page in ("tip", "subscribe", "gift") and Channel.objects.filter(name=name).exists()
    return redirect(page, name) if is_there else redirect("settings-wallet")


def _back_to_ticket(scheduled_id: str) -> HttpResponse:
    try:
        scheduled = ScheduledBroadcast.objects.select_related("channel").filter(pk=UUID(scheduled_id)).first()
    except ValueError:
        scheduled = None
    return redirect("ticket", scheduled.channel.name, scheduled.pk) if scheduled else redirect("settings-wallet")


@require_POST
@money_page
def set_country(request: HttpRequest) -> HttpResponse:
    """Say where one is billed."""
    user, form = user_of(request), BillingForm(request.POST)
    try:
        limits.count("billing", user.pk, at_most=CARDS_AN_HOUR, within_s=3600)
        if form.is_valid():
            actions.set_billing_country(user=user, country=form.cleaned_data["country"])
            messages.success(request, _("Saved."))
    except (AccountsError, MonetizationError) as error:
        messages.error(request, str(error.message))
    return redirect("settings-wallet")


@require_POST
@money_page
def prefer_card(request: HttpRequest, card_id: int) -> HttpResponse:
    with or_404():
        card = get_own_card(user_of(request), card_id)
    actions.prefer(card)
    messages.success(request, _("%(card)s is used first now.") % {"card": card})
    return redirect("settings-wallet")


@require_POST
@money_page
def remove_card(request: HttpRequest, card_id: int) -> HttpResponse:
    with or_404():
        card = get_own_card(user_of(request), card_id)
    with refusal_told(request):
        actions.remove(card)
        messages.success(request, _("%(card)s is removed.") % {"card": card})
    return redirect("settings-wallet")


@require_http_methods(["GET", "HEAD", "POST"])
@money_page
def tip(request: HttpRequest, name: str) -> HttpResponse:
    """Give a streamer something."""
    user = user_of(request)
    with or_404():
        channel = get_public_channel(name)
    if not may_tip(user, channel, timezone.now()):
        raise Http404
    cards, taken = list(cards_of(user)), tips_of(channel)
    form = TipForm(request.POST if request.method == "POST" else None, cards=cards, taken=taken)
    if request.method == "POST" and form.is_valid():
        try:
            payment = actions.give_tip(giver=user, channel=channel, now=timezone.now(), **form.wish())
            return redirect("payment", payment.pk)
        except (AccountsError, MonetizationError) as error:
            form.add_error(None, str(error.message))
    context: dict[str, Any] = {"channel": channel, "form": form, "cards": cards, "taken": taken}
    context["space"] = space_listing.live_of(user, channel)
    return render(request, "pages/money/tip.html", context | script(), status=422 if form.errors else 200)


@require_safe
@money_page
def payment(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """What became of a payment: a receipt, a question of one's bank, or what to do now."""
    with or_404():
        row = get_own_payment(user_of(request), payment_id)
    event = row.ticket.event.scheduled if row.kind == row.Kind.TICKET else None
    context: dict[str, Any] = {
        "payment": row,
        "event": event,
        "tax": tax_in(row),
        "refunds": row.refunds.filter(state="done"),
        "client_secret": secret_of(row),
    }
    if hasattr(row, "gift"):
        context["gift"] = row.gift
        context["given"] = list(row.gift.months.select_related("recipient"))
    if row.kind == row.Kind.TIP and row.channel is not None:
        context["space"] = space_listing.live_of(user_of(request), row.channel)
    if row.joint is not None:
        context["together"] = row.joint.payments.select_related("channel").order_by("pk")
    return render(request, "pages/money/payment.html", context | script())


@require_POST
@money_page
def look_again(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """The payer has been with their bank, or wants to know."""
    user = user_of(request)
    with or_404():
        row = get_own_payment(user, payment_id)
    with refusal_told(request):
        limits.count("payment-looks", user.pk, at_most=LOOKS_A_MINUTE, within_s=60)
        actions.look_again(row, timezone.now())
    return redirect("payment", payment_id)
