"""The form by which viewers report."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import reports
from accounts.errors import AccountsError
from accounts.models import Report
from pages.answers import or_404, user_of
from pages.forms import ReportForm


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def show(request: HttpRequest) -> HttpResponse:
    """`?kind=channel&id=alice` says what it is about."""
    given = request.POST if request.method == "POST" else request.GET
    with or_404():
        target = reports.find_target(user_of(request), given.get("kind", ""), given.get("id", ""))
    form = ReportForm(request.POST if request.method == "POST" else None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        try:
            reports.report(
                by=user_of(request),
                kind=facts["kind"],
                target_id=facts["id"],
                reason=Report.Reason(facts["reason"]),
                text=facts["text"],
                now=timezone.now(),
            )
        except AccountsError as error:
            form.add_error(None, str(error.message))
        else:
            messages.success(request, _("Thank you. Somebody will look at it, and you will be told."))
            return redirect(target.url or "home")
    return render(request, "pages/report.html", {"form": form, "target": target})
