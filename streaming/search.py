"""Search over channels, titles and categories: whole words first, then what is spelled alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

from django.contrib.postgres.search import (
    SearchQuery,
    SearchRank,
    SearchVector,
    TrigramWordSimilarity,
)
from django.db import connection, transaction
from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import Greatest

from accounts.models import Channel
from streaming import listing
from streaming.access import Viewer
from streaming.models import Broadcast, Category

T = TypeVar("T", bound=Model)

MOST_CHARACTERS = 80
# pg_trgm's own 0.6 lets hardly any typo through.
_ALIKE = 0.45


def clean_query(text: str) -> str:
    """What is searched for: one line, bounded, without what PostgreSQL's texts can't hold."""
    return " ".join(text.replace("\0", " ").split())[:MOST_CHARACTERS]


def search_broadcasts(viewer: Viewer, text: str) -> QuerySet[Broadcast]:
    """What is on air by title, channel or category; followed channels first among equals."""
    on_air = listing.on_air(viewer)
    found = _ranked(on_air, text, "title", "channel__name", "channel__title", "category__name", words=("title",))
    return found.order_by(F("rank").desc(), F("is_followed").desc(), "-viewers", "pk")


def search_channels(text: str) -> QuerySet[Channel]:
    channels = Channel.objects.filter(is_suspended=False)
    return _ranked(channels, text, "name", "title", words=("name", "title")).order_by(F("rank").desc(), "name")


def search_categories(text: str) -> QuerySet[Category]:
    return _ranked(listing.categories(), text, "name", words=("name",)).order_by(
        F("rank").desc(), F("live").desc(), "name"
    )


def _ranked(rows: QuerySet[T], text: str, *fields: str, words: tuple[str, ...]) -> QuerySet[T]:
    """Rows in whose `words` the query's words are, or one of whose `fields` has it within, or words like it."""
    query = SearchQuery(text, config="simple", search_type="websearch")
    vector = SearchVector(*words, config="simple")
    alike = [TrigramWordSimilarity(text, field) for field in fields]
    matches = Q(vector=query)
    for field in fields:
        matches |= Q(**{f"{field}__trigram_word_similar": text}) | Q(**{f"{field}__icontains": text})
    likeness = Greatest(*alike) if len(alike) > 1 else alike[0]
    ranked = rows.annotate(vector=vector, likeness=likeness, rank=SearchRank(vector, query) + F("likeness"))
    return cast(QuerySet[T], ranked.filter(matches))


@contextmanager
def forgiving() -> Iterator[None]:
    """Run searches in here: it says how far a word may be from what was typed.

    A transaction, because PgBouncer lends a connection, and with it the setting, for no longer than that.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(_ALIKE)])
        yield
