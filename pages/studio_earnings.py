"""The studio's page of earnings: what came in, what was taken off it, what is left, and where it is paid."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import limits
from accounts.errors import AccountsError
from accounts.models import Channel
from monetization import banking, whereabouts
from monetization.by_broadcast import earned_with
from monetization.currencies import CURRENCIES
from monetization.earnings import Balance, Earned, Figures, balances_of, earned_by_month, entries_of
from monetization.kinds import kind_label
from monetization.models import Dispute
from monetization.money import Money
from monetization.payouts import threshold_of
from monetization.spreadsheets import Cell, to_csv
from pages.answers import user_of
from pages.lists import page_of
from pages.money import money_page
from pages.money_forms import BankForm, CountryForm
from pages.studio import frame, own_channel_or_404
from pages.studio_payouts import plan_form_of, ways_of
from streaming.models import Broadcast

CHANGES_AN_HOUR, TABLES_AN_HOUR = 20, 60
_PAYOUTS_A_PAGE = 12
_DISPUTES_A_PAGE = 6
_BROADCASTS_A_PAGE = 10


@require_safe
@money_page
def show(request: HttpRequest, name: str) -> HttpResponse:
    return _render(request, own_channel_or_404(request, name))


@require_safe
@money_page
def plots(request: HttpRequest, name: str, currency: str) -> HttpResponse:
    """Gross and net by month, for a plot: seconds since 1970 and whole units. It begins at nought."""
    own_channel_or_404(request, name)
    earned = [one for one in earned_by_month(user_of(request)) if one.currency == currency]
    months = _by(earned, "month")
    if not months:
        return JsonResponse({"at": []})
    every = _months_from(_before(min(months)), timezone.now().date())
    figures = [months.get(month, Figures()) for month in every]
    return JsonResponse(
        {
            "at": [int(datetime(month.year, month.month, 1, tzinfo=UTC).timestamp()) for month in every],
            "gross": [float(Money(one.gross, currency).decimal) for one in figures],
            "net": [float(Money(one.net, currency).decimal) for one in figures],
        }
    )


@require_safe
@money_page
def table(request: HttpRequest, name: str, year: int) -> HttpResponse:
    """A year, entry by entry, for a spreadsheet."""
    own_channel_or_404(request, name)
    user = user_of(request)
    if refusal := _refused_table(request, name, year):
        return refusal
    header = ["time", "kind", "source", "currency", "gross", "refunds", "card_fees", "platform", "tax", "net"]
    rows: Iterator[list[Cell]] = (
        [one.posted_at, one.kind, one.source, one.currency.upper(), *one.figures.shown(one.currency).values()]
        for one in entries_of(user, year)
    )
    return _as_csv(f"earnings-{year}.csv", to_csv(header, rows))


@require_safe
@money_page
def broadcast_table(request: HttpRequest, name: str, year: int) -> HttpResponse:
    """A year, broadcast by broadcast."""
    channel = own_channel_or_404(request, name)
    if refusal := _refused_table(request, name, year):
        return refusal
    header = ["started", "title", "kind", "currency", "gross", "refunds", "card_fees", "platform", "tax", "net"]
    broadcasts = list(_broadcasts_of(channel).filter(started_at__year=year))
    rows: Iterator[list[Cell]] = (
        [
            *(one.broadcast.started_at, one.broadcast.display_title, one.kind, one.currency.upper()),
            *one.figures.shown(one.currency).values(),
        ]
        for one in earned_with(channel, user_of(request), broadcasts)
    )
    return _as_csv(f"earnings-broadcasts-{year}.csv", to_csv(header, rows))


def _broadcasts_of(channel: Channel) -> QuerySet[Broadcast]:
    return Broadcast.objects.filter(channel=channel).select_related("channel").order_by("-started_at", "pk")


def _refused_table(request: HttpRequest, name: str, year: int) -> HttpResponse | None:
    if not 2000 <= year < 9999:
        raise Http404
    try:
        limits.count("earnings", user_of(request).pk, at_most=TABLES_AN_HOUR, within_s=3600)
    except AccountsError as error:
        messages.error(request, str(error.message))
        return redirect("studio-earnings", name)
    return None


def _as_csv(name: str, content: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_POST
@money_page
def set_country(request: HttpRequest, name: str) -> HttpResponse:
    """Say where one lives: it decides which fees hold."""
    channel, user, form = own_channel_or_404(request, name), user_of(request), CountryForm(request.POST)
    if not _may_change(request, form):
        return _render(request, channel, country_form=form)
    whereabouts.move(creator=user, country=form.cleaned_data["country"], by=user, now=timezone.now())
    return _done(request, channel)


@require_POST
@money_page
def set_bank(request: HttpRequest, name: str) -> HttpResponse:
    """Say where one is paid."""
    channel, user, form = own_channel_or_404(request, name), user_of(request), BankForm(request.POST)
    if not _may_change(request, form):
        return _render(request, channel, bank_form=form)
    banking.keep_account(user=user, by=user, now=timezone.now(), **form.cleaned_data)
    return _done(request, channel)


def _may_change(request: HttpRequest, form: CountryForm | BankForm) -> bool:
    if not form.is_valid():
        return False
    try:
        limits.count("payee", user_of(request).pk, at_most=CHANGES_AN_HOUR, within_s=3600)
    except AccountsError as error:
        form.add_error(None, str(error.message))
    return not form.errors


def _done(request: HttpRequest, channel: Channel) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect("studio-earnings", channel.name)


def _render(request: HttpRequest, channel: Channel, **bound: Any) -> HttpResponse:
    user = user_of(request)
    earned = earned_by_month(user)
    years = sorted({one.month.year for one in earned}, reverse=True)
    year = _year_of(request, years)
    balances = balances_of(user)
    currencies = [code for code in CURRENCIES if code in {*balances, *(one.currency for one in earned)}]
    ways = ways_of(user)
    account = ways["account"]
    disputes = Dispute.objects.filter(payment__creator=user).select_related("payment")
    broadcasts = page_of(request, _broadcasts_of(channel), _BROADCASTS_A_PAGE, "broadcasts")
    context = frame(request, channel, "earnings") | {
        "years": years,
        "year": year,
        "shown": [_in(currency, earned, year, balances) for currency in currencies],
        "payouts": page_of(request, user.payouts.all(), _PAYOUTS_A_PAGE),
        "disputes": page_of(request, disputes, _DISPUTES_A_PAGE, "disputes"),
        "ways": ways,
        "plan_form": plan_form_of(user),
        "country_form": CountryForm(initial={"country": ways["country"]}),
        "broadcasts": broadcasts,
        "with_broadcasts": [
            (one.broadcast, kind_label(one.kind), one.figures.shown(one.currency))
            for one in earned_with(channel, user, list(broadcasts))
        ],
        "bank_form": BankForm(initial={"holder": account.holder, "bic": account.bic} if account else None),
        "other_channels": user.channels.exclude(pk=channel.pk).exists(),
    }
    return render(request, "pages/studio/earnings.html", context | bound, status=422 if bound else 200)


def _year_of(request: HttpRequest, years: Sequence[int]) -> int | None:
    asked = request.GET.get("year", "")
    wanted = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 0
    return wanted if wanted in years else next(iter(years), None)


def _in(currency: str, earned: list[Earned], year: int | None, balances: dict[str, Balance]) -> dict[str, Any]:
    """One currency: its balance, and a year of it by kind and by month."""
    of_year = [one for one in earned if one.month.year == year and one.currency == currency]
    kinds, months = _by(of_year, "kind"), _by(of_year, "month")
    balance, threshold = balances.get(currency), threshold_of(currency)
    return {
        "currency": currency,
        "balance": balance,
        "threshold": threshold,
        "payable": balance and balance.available.amount_minor >= max(threshold.amount_minor, 1),
        "kinds": [(kind_label(kind), figures.shown(currency)) for kind, figures in sorted(kinds.items())],
        "months": [(month, figures.shown(currency)) for month, figures in sorted(months.items(), reverse=True)],
        "total": sum(kinds.values(), Figures()).shown(currency),
    }


def _by(earned: list[Earned], name: str) -> dict[Any, Figures]:
    found: dict[Any, Figures] = {}
    for one in earned:
        key = getattr(one, name)
        found[key] = found.get(key, Figures()) + one.figures
    return found


def _months_from(first: date, last: date) -> list[date]:
    count = (last.year - first.year) * 12 + last.month - first.month
    return [date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1) for n in range(count + 1)]


def _before(month: date) -> date:
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)
