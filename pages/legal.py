"""Terms, privacy and imprint, and agreeing to them."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import legal
from accounts.adapter import ASK_LEGAL
from accounts.models import LegalPage, SiteSettings
from pages.answers import back_to, user_of


@require_safe
def show(request: HttpRequest, kind: str) -> HttpResponse:
    """The version that holds."""
    page = legal.current(kind)
    context = {
        "page": page,
        "heading": LegalPage.Kind(kind).label,
        "body": legal.render(page.text) if page else "",
        "contact": SiteSettings.load().contact,
    }
    return render(request, "pages/legal.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def accept(request: HttpRequest) -> HttpResponse:
    """What has to be agreed to before going on."""
    user = user_of(request)
    pages = legal.not_yet_accepted(user)
    problem = ""
    if request.method == "POST":
        if request.POST.getlist("page") == [str(page.pk) for page in pages]:
            legal.accept(user=user, pages=pages, now=timezone.now())
            request.session[ASK_LEGAL] = False
            return back_to(request, "/")
        problem = _("These texts have just changed. Please read them again.")
    texts = [(page, legal.render(page.text)) for page in pages]
    if not texts:
        request.session[ASK_LEGAL] = False
    next_url = request.POST.get("next", request.GET.get("next", ""))
    return render(request, "pages/legal_accept.html", {"texts": texts, "next": next_url, "problem": problem})
