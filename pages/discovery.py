"""Where one finds something to watch: home, categories, tags, search."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import limits
from accounts.errors import TooMany
from pages.lists import page_of
from spaces import listing as space_listing
from streaming import listing, search
from streaming.languages import LANGUAGES
from streaming.models import Broadcast, Category, Tag
from streaming.tags import normalise

CHIPS, EVENTS, SHELF, SPACES = 24, 6, 8, 6
FOUND_AT_A_GLANCE = 6
SEARCHES_A_MINUTE = 60
KINDS = ("live", "spaces", "channels", "categories")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Who is on air, what is coming, then whose stage is dark."""
    now = timezone.now()
    context = _on_air(request, listing.on_air(request.user))
    return render(
        request,
        "pages/home.html",
        context
        | {
            "events": listing.upcoming(request.user, now)[:EVENTS],
            "spaces": space_listing.cards(request.user, list(space_listing.live(request.user)[:SPACES])),
            "coming_spaces": space_listing.upcoming(request.user, now)[:EVENTS],
            "categories": listing.categories()[:SHELF],
            "dark_channels": listing.dark_channels(request.user)[:CHIPS],
        },
    )


@require_safe
def upcoming(request: HttpRequest) -> HttpResponse:
    events = page_of(request, listing.upcoming(request.user, timezone.now()))
    return render(request, "pages/upcoming.html", {"events": events, "page": events})


@require_safe
def categories(request: HttpRequest) -> HttpResponse:
    page = page_of(request, listing.categories(), 48)
    return render(request, "pages/categories.html", {"categories": page, "page": page})


@require_safe
def category(request: HttpRequest, slug: str) -> HttpResponse:
    """What is on air in a category."""
    found = get_object_or_404(Category, slug=slug)
    context = _on_air(request, listing.on_air(request.user).filter(category=found))
    return render(request, "pages/category.html", context | {"category": found})


@require_safe
def tag(request: HttpRequest, name: str) -> HttpResponse:
    """What is on air and talked of under a tag. One that nobody used yet is an empty page, not a missing one."""
    try:
        spelled = normalise(name)
    except ValidationError as error:
        raise Http404 from error
    found = Tag.objects.filter(name=spelled).first()
    broadcasts = listing.on_air(request.user)
    context = _on_air(request, broadcasts.filter(tags=found) if found else broadcasts.none())
    talks = space_listing.about(space_listing.live(request.user), spelled)[:SPACES]
    context["spaces"] = space_listing.cards(request.user, list(talks))
    coming = space_listing.upcoming(request.user, timezone.now())
    context["coming_spaces"] = space_listing.about(coming, spelled)[:EVENTS]
    return render(request, "pages/tag.html", context | {"tag": spelled})


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """What is found for a few words: some of each kind, or all of one kind in pages."""
    text = search.clean_query(request.GET.get("q", ""))
    kind = request.GET.get("kind", "")
    context: dict[str, Any] = {"q": text, "kind": kind if kind in KINDS else "", "kinds": KINDS}
    if not text:
        return render(request, "pages/search.html", context)
    try:
        limits.count("search", request.META["REMOTE_ADDR"], at_most=SEARCHES_A_MINUTE, within_s=60)
    except TooMany as error:
        return render(request, "pages/search.html", context | {"refusal": error.message}, status=429)
    with search.forgiving():
        return render(request, "pages/search.html", context | _found(request, text, context["kind"]))


def _found(request: HttpRequest, text: str, kind: str) -> dict[str, Any]:
    broadcasts = search.search_broadcasts(request.user, text)
    channels, themes = search.search_channels(text), search.search_categories(text)
    if kind == "channels":
        page = page_of(request, channels)
        return {"channels": page, "page": page}
    if kind == "categories":
        themes_page = page_of(request, themes)
        return {"categories": themes_page, "page": themes_page}
    if kind == "spaces":
        found = page_of(request, space_listing.search(request.user, text, timezone.now()))
        return {"spaces": space_listing.cards(request.user, list(found)), "page": found}
    if kind == "live":
        live = page_of(request, broadcasts)
        return {"cards": listing.cards(request.user, live, timezone.now()), "page": live}
    return {
        "cards": listing.cards(request.user, broadcasts[:FOUND_AT_A_GLANCE], timezone.now()),
        "spaces": space_listing.cards(
            request.user, list(space_listing.search(request.user, text, timezone.now())[:FOUND_AT_A_GLANCE])
        ),
        "channels": list(channels[:FOUND_AT_A_GLANCE]),
        "categories": list(themes[:FOUND_AT_A_GLANCE]),
    }


def _on_air(request: HttpRequest, broadcasts: QuerySet[Broadcast]) -> dict[str, Any]:
    """A page of cards, and the languages one may choose from."""
    language = request.GET.get("language", "")
    spoken = set(broadcasts.order_by().values_list("language", flat=True).distinct()) - {""}
    if language in dict(LANGUAGES):
        broadcasts = broadcasts.filter(language=language)
    page = page_of(request, broadcasts)
    return {
        "page": page,
        "cards": listing.cards(request.user, page, timezone.now()),
        "language": language,
        "languages": [pair for pair in LANGUAGES if pair[0] in spoken | {language}],
    }
