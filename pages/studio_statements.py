"""A creator's statements: of a month, of a payout; as a page that prints well, and as a table."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import limits
from accounts.errors import AccountsError
from accounts.models import Channel, SiteSettings
from monetization import statements
from monetization.access import get_own_payout
from monetization.currencies import CURRENCIES
from monetization.models import Payout
from monetization.spreadsheets import to_csv
from monetization.statements import Statement
from pages.answers import or_404, user_of
from pages.money import money_page
from pages.studio import frame, own_channel_or_404

TABLES_AN_HOUR = 60


@require_safe
@money_page
def month(request: HttpRequest, name: str, year: int, month: int, currency: str) -> HttpResponse:
    channel = own_channel_or_404(request, name)
    statement = _of_month(request, year, month, currency)
    return _page(request, channel, statement, {"month": date(year, month, 1)})


@require_safe
@money_page
def month_table(request: HttpRequest, name: str, year: int, month: int, currency: str) -> HttpResponse:
    channel = own_channel_or_404(request, name)
    statement = _of_month(request, year, month, currency)
    return _table(request, channel, statement, f"statement-{year}-{month:02}-{currency}")


@require_safe
@money_page
def payout(request: HttpRequest, name: str, payout_id: int) -> HttpResponse:
    channel, row = own_channel_or_404(request, name), _own(request, payout_id)
    return _page(request, channel, statements.of_payout(row), {"payout": row})


@require_safe
@money_page
def payout_table(request: HttpRequest, name: str, payout_id: int) -> HttpResponse:
    channel, row = own_channel_or_404(request, name), _own(request, payout_id)
    return _table(request, channel, statements.of_payout(row), f"statement-payout-{row.pk}")


def _own(request: HttpRequest, payout_id: int) -> Payout:
    with or_404():
        return get_own_payout(user_of(request), payout_id)


def _of_month(request: HttpRequest, year: int, month: int, currency: str) -> Statement:
    """Of a month that has begun, in a currency that is ours."""
    today = timezone.now().date()
    has_begun = (2000, 1) <= (year, month) <= (today.year, today.month)
    if currency not in CURRENCIES or not 1 <= month <= 12 or not has_begun:
        raise Http404
    return statements.of_month(user_of(request), date(year, month, 1), currency)


def _page(request: HttpRequest, channel: Channel, statement: Statement, about: dict[str, Any]) -> HttpResponse:
    context = frame(request, channel, "earnings") | about | {"statement": statement, "site": SiteSettings.load()}
    return render(request, "pages/studio/statement.html", context)


def _table(request: HttpRequest, channel: Channel, statement: Statement, name: str) -> HttpResponse:
    try:
        limits.count("earnings", user_of(request).pk, at_most=TABLES_AN_HOUR, within_s=3600)
    except AccountsError as error:
        messages.error(request, str(error.message))
        return redirect("studio-earnings", channel.name)
    table = to_csv(statements.HEADER, statements.as_rows(statement))
    answer = HttpResponse(table, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
