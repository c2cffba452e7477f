"""Which language the pages are in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from accounts import actions
from accounts.models import User


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep it in a cookie, and of those who are logged in with the account: their mail comes in it too."""
    language = request.POST.get("language", "")
    if isinstance(request.user, User) and language in dict(settings.LANGUAGES):
        actions.edit_profile(user=request.user, changes={"language": language})
    return set_language(request)
