"""The studio's tips: what was given, words that wait for somebody to read them, and what the channel takes."""

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import limits
from accounts.models import Channel
from monetization import actions
from monetization.access import get_paid_tip
from monetization.errors import MonetizationError
from monetization.models import Tip
from monetization.tips import tips_of
from pages.answers import or_404, refusal_told, user_of
from pages.lists import page_of
from pages.money import money_page
from pages.paying_forms import TipSettingsForm, settings_initial
from pages.studio import frame, own_channel_or_404

REFUNDS_AN_HOUR = 60


@require_safe
@money_page
def show(request: HttpRequest, name: str) -> HttpResponse:
    channel = own_channel_or_404(request, name)
    return _render(request, channel, TipSettingsForm(initial=settings_initial(tips_of(channel))))


def _render(request: HttpRequest, channel: Channel, form: TipSettingsForm) -> HttpResponse:
    rows = Tip.objects.paid().filter(payment__channel=channel).select_related("payment__payer", "payment__channel")
    context = frame(request, channel, "tips") | {
        "form": form,
        "held": rows.filter(words=Tip.Words.HELD).order_by("pk")[:20],
        "page": page_of(request, rows.order_by(F("payment__settled_at").desc(), "-pk")),
    }
    return render(request, "pages/studio/tips.html", context, status=422 if form.errors else 200)


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
    return _render(request, channel, form)


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
