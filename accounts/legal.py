"""Terms, privacy and imprint: which version holds, who agreed to it, and how it reads."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

from accounts import audit
from accounts.errors import AlreadyHandled
from accounts.models import Consent, LegalPage, User

# HTML in the text is shown as text; links to scripts aren't made.
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


def current(kind: str) -> LegalPage | None:
    """The newest version that was published."""
    return LegalPage.objects.filter(kind=kind, published_at__isnull=False).order_by("-version").first()


def to_accept() -> list[LegalPage]:
    """What somebody who signs up now agrees to."""
    published = LegalPage.objects.filter(kind__in=LegalPage.ACCEPTED, published_at__isnull=False)
    return list(published.order_by("kind", "-version").distinct("kind"))


def not_yet_accepted(user: User) -> list[LegalPage]:
    """What somebody has to agree to before they go on."""
    pages = to_accept()
    accepted = set(Consent.objects.filter(user=user, page__in=pages).values_list("page_id", flat=True))
    return [page for page in pages if page.pk not in accepted]


def accept(*, user: User, pages: Sequence[LegalPage], now: datetime) -> None:
    rows = [Consent(user=user, page=page, accepted_at=now) for page in pages]
    Consent.objects.bulk_create(rows, ignore_conflicts=True)


def next_version(kind: str) -> int:
    newest: int | None = LegalPage.objects.filter(kind=kind).aggregate(newest=Max("version"))["newest"]
    return (newest or 0) + 1


@transaction.atomic
def publish(*, page: LegalPage, by: User, now: datetime) -> LegalPage:
    """From now on this version holds. Raises AlreadyHandled when it is published already."""
    page = LegalPage.objects.select_for_update().get(pk=page.pk)
    if page.published_at is not None:
        raise AlreadyHandled
    page.published_at = now
    page.save(update_fields=["published_at"])
    audit.record(by, "published", page)
    return page


def render(text: str) -> SafeString:
    """Markdown as HTML."""
    return SafeString(_markdown.render(text))
