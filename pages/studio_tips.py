"""The studio's tips: what was given, words that wait for somebody to read them, what the channel takes, its goal and
its overlays."""

from django.conf import settings
from django.contrib import messages
from django.db.models import F
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import limits
from accounts.errors import AccountsError
from accounts.models import Channel
from monetization import actions, tip_overlays
from monetization.access import get_paid_tip
from monetization.errors import MonetizationError
from monetization.goals import TOPIC, progress_of
from monetization.models import Tip
from monetization.money import Money
from monetization.tips import tips_of
from pages.answers import or_404, refusal_told, user_of
from pages.lists import page_of
from pages.money import money_page
from pages.paying_forms import GoalForm, TipSettingsForm, settings_initial
from pages.studio import frame, own_channel_or_404
from pages.tip_overlay import KINDS

REFUNDS_AN_HOUR, GOALS_AN_HOUR = 60, 60


@require_safe
@money_page
def show(request: HttpRequest, name: str) -> HttpResponse:
    channel = own_channel_or_404(request, name)
    return _render(request, channel)


def _render(request: HttpRequest, channel: Channel, **bound: Form) -> HttpResponse:
    taken = tips_of(channel)
    rows = Tip.objects.paid().filter(payment__channel=channel).select_related("payment__payer", "payment__channel")
    context = frame(request, channel, "tips") | {
        "form": TipSettingsForm(initial=settings_initial(taken)),
        "goal_form": GoalForm(initial={"currency": taken.currency}),
        "goal": progress_of(channel, timezone.now()),
        "goal_topic": f"{TOPIC}.{channel.pk}",
        "overlay_urls": _overlay_urls(channel),
        "held": rows.filter(words=Tip.Words.HELD).order_by("pk")[:20],
        "page": page_of(request, rows.order_by(F("payment__settled_at").desc(), "-pk")),
    }
    return render(request, "pages/studio/tips.html", context | bound, status=422 if bound else 200)


def _overlay_urls(channel: Channel) -> list[dict[str, str]]:
    key = tip_overlays.key_of(channel)
    where = ((what, reverse("tip-overlay", args=[key, what])) for what in KINDS) if key else ()
    return [{"what": what, "url": settings.PUBLIC_URL + path} for what, path in where]


@require_POST
@money_page
def set_goal(request: HttpRequest, name: str) -> HttpResponse:
    """What is collected for from now on."""
    channel, user, form = own_channel_or_404(request, name), user_of(request), GoalForm(request.POST)
    if form.is_valid():
        try:
            limits.count("tip-goals", user.pk, at_most=GOALS_AN_HOUR, within_s=3600)
            actions.set_goal(channel=channel, by=user, now=timezone.now(), **form.wish())
        except (AccountsError, MonetizationError) as error:
            form.add_error(None, str(error.message))
        else:
            messages.success(request, _("Saved."))
            return redirect("studio-tips", name)
    return _render(request, channel, goal_form=form)


@require_POST
@money_page
def close_goal(request: HttpRequest, name: str) -> HttpResponse:
    actions.close_goal(channel=own_channel_or_404(request, name), by=user_of(request), now=timezone.now())
    messages.success(request, _("The goal has ended."))
    return redirect("studio-tips", name)


@require_POST
@money_page
def renew_overlay(request: HttpRequest, name: str) -> HttpResponse:
    """Make the addresses of the overlays, or make the present ones worthless."""
    tip_overlays.renew(channel=own_channel_or_404(request, name), by=user_of(request))
    messages.success(request, _("The overlays’ addresses are new. Copy them into OBS."))
    return redirect("studio-tips", name)


@require_POST
@money_page
def try_overlay(request: HttpRequest, name: str) -> HttpResponse:
    """An alert of nothing, to see where it stands."""
    channel, user = own_channel_or_404(request, name), user_of(request)
    with refusal_told(request):
        limits.count("tip-alerts", user.pk, at_most=GOALS_AN_HOUR, within_s=3600)
        amount = Money(tips_of(channel).least.amount_minor, tips_of(channel).currency)
        tip_overlays.try_out(channel, user, str(amount), _("This is only a sample."))
        messages.success(request, _("Sent to the overlays that are open."))
    return redirect("studio-tips", name)


@require_POST
@money_page
def change(request: HttpRequest, name: str) -> HttpResponse:
    """Whether the channel takes tips, and of how much."""
    channel, form = own_channel_or_404(request, name), TipSettingsForm(request.POST)
    if form.is_valid():
        facts = form.cleaned_data
        try:
            actions.set_tips(
                channel=channel, is_on=facts["is_on"], least=facts["least"], most=facts["most"], by=user_of(request)
            )
        except MonetizationError as error:
            form.add_error(None, str(error.message))
        else:
            messages.success(request, _("Saved."))
            return redirect("studio-tips", name)
    return _render(request, channel, form=form)


@require_POST
@money_page
def judge_words(request: HttpRequest, name: str, tip_id: int) -> HttpResponse:
    """Show what came with a tip, or don't."""
    with or_404():
        tip = get_paid_tip(own_channel_or_404(request, name), tip_id)
    act = actions.show_words if request.POST.get("show") == "1" else actions.drop_words
    act(tip=tip, by=user_of(request))
    return redirect("studio-tips", name)


@require_POST
@money_page
def give_back(request: HttpRequest, name: str, tip_id: int) -> HttpResponse:
    """All that is left of a tip."""
    user = user_of(request)
    with or_404():
        tip = get_paid_tip(own_channel_or_404(request, name), tip_id)
    with refusal_told(request):
        limits.count("refunds", user.pk, at_most=REFUNDS_AN_HOUR, within_s=3600)
        row = actions.refund(
            payment=tip.payment, amount=tip.payment.left, by=user, reason="by the creator", now=timezone.now()
        )
        messages.success(request, _("%(amount)s go back.") % {"amount": row.amount})
    return redirect("studio-tips", name)
