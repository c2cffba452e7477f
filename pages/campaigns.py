"""One campaign: its line items, what it shows, how it does."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import limits
from accounts.errors import AccountsError
from ads import actions, reports
from ads.access import get_creative, get_line, get_own_campaign, get_seen_creative
from ads.amounts import to_money
from ads.errors import AdsError
from ads.models import AdHour, Campaign, LineItem
from ads.reviewing import changed
from monetization.spreadsheets import to_csv
from pages.advertise_forms import CardForm, LineForm, VideoForm
from pages.answers import or_404, refusal_told, user_of
from pages.money import money_page

UPLOADS_AN_HOUR, TABLES_AN_HOUR = 20, 60


@require_safe
@money_page
def show(request: HttpRequest, campaign_id: int) -> HttpResponse:
    return _render(request, campaign_or_404(request, campaign_id))


@require_POST
@money_page
def act(request: HttpRequest, campaign_id: int, what: str) -> HttpResponse:
    """Have it reviewed, pause it, let it run again."""
    campaign, by = campaign_or_404(request, campaign_id), user_of(request)
    with refusal_told(request):
        if what == "submit":
            actions.submit(campaign=campaign)
            messages.success(request, _("An administrator looks at it now."))
        elif what == "pause":
            actions.pause(campaign=campaign, by=by)
        else:
            actions.go_on(campaign=campaign, by=by)
    return redirect("campaign", campaign_id)


@require_POST
@money_page
def add_line(request: HttpRequest, campaign_id: int) -> HttpResponse:
    campaign = campaign_or_404(request, campaign_id)
    form = LineForm(request.POST, advertiser=campaign.advertiser, instance=LineItem(campaign=campaign))
    if not form.is_valid():
        return _render(request, campaign, line_form=form)
    with transaction.atomic():
        form.save()
        changed(campaign)
    return redirect("campaign", campaign_id)


@require_http_methods(["GET", "HEAD", "POST"])
@money_page
def line(request: HttpRequest, campaign_id: int, line_id: int) -> HttpResponse:
    """Change a line item; a campaign that was approved is looked at again."""
    campaign = campaign_or_404(request, campaign_id)
    with or_404():
        row = get_line(campaign, line_id)
    data = request.POST if request.method == "POST" else None
    form = LineForm(data, advertiser=campaign.advertiser, instance=row)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            changed(campaign)
        messages.success(request, _("Saved."))
        return redirect("campaign", campaign_id)
    context = {"campaign": campaign, "line": row, "form": form}
    return render(request, "pages/advertise/line.html", context, status=422 if form.errors else 200)


@require_POST
@money_page
def switch(request: HttpRequest, campaign_id: int, line_id: int) -> HttpResponse:
    """Let a line item run, or not."""
    with or_404():
        row = get_line(campaign_or_404(request, campaign_id), line_id)
    actions.switch(line=row, is_on=request.POST.get("on") == "1", by=user_of(request))
    return redirect("campaign", campaign_id)


@require_POST
@money_page
def add_video(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Upload a video; a worker prepares it."""
    campaign, form = campaign_or_404(request, campaign_id), VideoForm(request.POST, request.FILES)
    if form.is_valid():
        facts, upload = form.cleaned_data, form.cleaned_data["video"]
        try:
            limits.count("ad-uploads", user_of(request).pk, at_most=UPLOADS_AN_HOUR, within_s=3600)
            with transaction.atomic():
                actions.add_video(
                    campaign=campaign,
                    title=facts["title"],
                    click_url=facts["click_url"],
                    upload=upload,
                    size=upload.size,
                    now=timezone.now(),
                )
                changed(campaign)
            return redirect("campaign", campaign_id)
        except (AccountsError, AdsError) as error:
            form.add_error(None, str(error.message))
    return _render(request, campaign, video_form=form)


@require_POST
@money_page
def add_card(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Write a card for the chat."""
    campaign, form = campaign_or_404(request, campaign_id), CardForm(request.POST)
    if form.is_valid():
        try:
            limits.count("ad-uploads", user_of(request).pk, at_most=UPLOADS_AN_HOUR, within_s=3600)
            with transaction.atomic():
                actions.add_card(campaign=campaign, now=timezone.now(), **form.cleaned_data)
                changed(campaign)
            return redirect("campaign", campaign_id)
        except (AccountsError, AdsError) as error:
            form.add_error(None, str(error.message))
    return _render(request, campaign, card_form=form)


@require_POST
@money_page
def remove_creative(request: HttpRequest, campaign_id: int, creative_id: int) -> HttpResponse:
    with or_404():
        row = get_creative(campaign_or_404(request, campaign_id), creative_id)
    actions.remove(creative=row)
    return redirect("campaign", campaign_id)


@require_safe
@money_page
def progress(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """How far the videos are that are being prepared."""
    campaign = campaign_or_404(request, campaign_id)
    rows = campaign.creatives.values_list("pk", "state", "progress")
    return JsonResponse({"creatives": [{"id": pk, "state": state, "percent": part} for pk, state, part in rows]})


@require_safe
@money_page
def preview(request: HttpRequest, creative_id: int) -> HttpResponse:
    """An ad as viewers see it, counted nowhere."""
    with or_404():
        row = get_seen_creative(user_of(request), creative_id)
    context = {"creative": row, "advertiser": row.campaign.advertiser}
    return render(request, "pages/advertise/preview.html", context)


@require_safe
@money_page
def plots(request: HttpRequest, campaign_id: int) -> HttpResponse:
    return JsonResponse(reports.daily(campaign_or_404(request, campaign_id), timezone.now()))


@require_safe
@money_page
def table(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Hour by hour, for a spreadsheet."""
    campaign = campaign_or_404(request, campaign_id)
    try:
        limits.count("ad-tables", user_of(request).pk, at_most=TABLES_AN_HOUR, within_s=3600)
    except AccountsError as error:
        messages.error(request, str(error.message))
        return redirect("campaign", campaign_id)
    header = ["hour", "line", "creative", "channel", *AdHour.COUNTS, "spent"]
    answer = HttpResponse(to_csv(header, reports.hours_of(campaign)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="campaign-{campaign.pk}.csv"'
    return answer


def campaign_or_404(request: HttpRequest, campaign_id: int) -> Campaign:
    with or_404():
        return get_own_campaign(user_of(request), campaign_id)


def _render(request: HttpRequest, campaign: Campaign, **bound: Any) -> HttpResponse:
    totals = reports.totals_of(campaign)
    currency = campaign.advertiser.currency
    lines = [(row, to_money(row.budget_micros, currency), totals.get(row.pk)) for row in campaign.lines.all()]
    initial = {"starts_at": timezone.now().strftime("%Y-%m-%dT%H:%M")}
    context = {
        "campaign": campaign,
        "lines": lines,
        "creatives": campaign.creatives.all(),
        "is_preparing": campaign.creatives.filter(state="uploaded").exists(),
        "line_form": LineForm(advertiser=campaign.advertiser, initial=initial),
        "video_form": VideoForm(),
        "card_form": CardForm(),
    }
    return render(request, "pages/advertise/campaign.html", context | bound, status=422 if bound else 200)
