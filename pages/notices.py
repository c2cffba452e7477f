"""What one was told: the bell's list."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Notification
from accounts.notifications import count_unread, mark_read, text_of
from pages.answers import user_of
from pages.lists import page_of


@require_safe
@never_cache
@login_required
def show(request: HttpRequest) -> HttpResponse:
    page = page_of(request, Notification.objects.filter(user=user_of(request)))
    rows = [(notification, text_of(notification)) for notification in page]
    return render(request, "pages/notifications.html", {"page": page, "rows": rows})


@require_safe
@never_cache
@login_required
def count(request: HttpRequest) -> HttpResponse:
    """How much is unread, for the bell."""
    return JsonResponse({"unread": count_unread(user_of(request))})


@require_POST
@login_required
def read(request: HttpRequest) -> HttpResponse:
    mark_read(user=user_of(request), now=timezone.now())
    return redirect("notifications")
