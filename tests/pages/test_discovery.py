"""Home, categories, tags, search: what stands there, and at what cost."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Channel, Follow, User
from streaming import live_store
from streaming.models import Broadcast, Category, ScheduledBroadcast, Tag

pytestmark = pytest.mark.django_db
Fill = Callable[[int], list[Broadcast]]


@pytest.fixture
def fill(alice: User) -> Fill:
    """Put so many more channels on air, each with a category, tags and something announced; some for followers."""
    jazz = Tag.objects.create(name="jazz")
    made = 0

    def more(count: int) -> list[Broadcast]:
        nonlocal made
        broadcasts = []
        for number in range(made, made + count):
            now = timezone.now()
            category = Category.objects.create(name=f"Theme {number}", slug=f"theme-{number}")
            channel = Channel.objects.create(name=f"channel{number}", title=f"Music {number}", owner=alice)
            visibility = "followers" if number % 3 == 2 else "public"
            broadcast = Broadcast.objects.create(
                channel=channel,
                title=f"Music {number}",
                category=category,
                visibility=visibility,
                started_at=now,
                shown_at=now,
                language="fr" if number % 2 else "en",
            )
            broadcast.tags.set([jazz])
            live_store.client().set(f"hls:{broadcast.media_path}/source", "x")
            ScheduledBroadcast.objects.create(
                channel=channel, title="Soon", starts_at=now, created_at=now, updated_at=now, category=category
            )
            Channel.objects.create(name=f"dark{number}")
            broadcasts.append(broadcast)
        made += count
        return broadcasts

    return more


PAGES = [
    "/",
    "/?language=fr",
    "/upcoming",
    "/categories",
    "/categories/theme-0",
    "/tags/jazz",
    "/search?q=music",
    "/search?q=music&kind=live",
    "/search?q=music&kind=channels",
    "/search?q=theme&kind=categories",
    "/@channel0",
    "/@channel0/schedule",
    "/@channel0/past",
]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("who", ["nobody", "bob"])
def test_a_page_costs_the_same_however_much_is_on(client: Client, bob: User, fill: Fill, path: str, who: str) -> None:
    if who == "bob":
        client.force_login(bob)
    first = fill(6)[0]
    category = first.category
    assert category is not None
    Broadcast.objects.update(category=category)

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    cost()
    few = cost()
    for broadcast in fill(12):
        Follow.objects.create(channel=broadcast.channel, user=bob)
    Broadcast.objects.update(category=category)

    assert cost() == few


@pytest.mark.parametrize("path", ["/", "/upcoming", "/categories", "/tags/jazz", "/search", "/search?q=nothing"])
def test_empty_pages_say_so(client: Client, db: None, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 200
    assert b'class="empty"' in answer.content


@pytest.mark.parametrize(
    "path", ["/?page=0", "/?page=x", "/?page=999999999999", "/?page=-1", "/?language=%00", "/?page=²"]
)
def test_odd_pages_are_the_nearest_there_is(client: Client, fill: Fill, path: str) -> None:
    fill(1)

    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/categories/none", "/tags/a%20b", "/tags/%3Cb%3E", "/tags/" + "x" * 25])
def test_what_cannot_be_is_not_there(client: Client, db: None, path: str) -> None:
    assert client.get(path).status_code == 404


def test_home_has_what_one_follows_first(client: Client, bob: User, fill: Fill) -> None:
    older, newer, _ = fill(3)
    Broadcast.objects.filter(pk=newer.pk).update(viewers=50)
    assert order(client)[0] == newer.pk

    Follow.objects.create(channel=older.channel, user=bob)
    client.force_login(bob)

    assert order(client)[0] == older.pk


def order(client: Client) -> list[object]:
    return [card.broadcast.pk for card in client.get("/").context["cards"]]


def test_lists_go_on_on_the_next_page(client: Client, fill: Fill) -> None:
    fill(26)

    first, second = client.get("/"), client.get("/?page=2")

    assert (len(first.context["cards"]), len(second.context["cards"])) == (24, 2)
    assert b"?page=2" in first.content


def test_stills_are_for_those_who_may_watch(client: Client, bob: User, dave: User, fill: Fill) -> None:
    public, _, gated = fill(3)
    Follow.objects.create(channel=gated.channel, user=bob)

    def stills() -> dict[object, str]:
        return {card.broadcast.pk: card.still for card in client.get("/").context["cards"]}

    assert stills()[public.pk].endswith("/thumbnail.jpg")
    assert stills()[gated.pk] == ""
    client.force_login(dave)
    assert stills()[gated.pk] == ""
    client.force_login(bob)
    assert stills()[gated.pk].endswith("/thumbnail.jpg")
    Broadcast.objects.update(is_mature=True)
    assert set(stills().values()) == {""}


@pytest.mark.parametrize("visibility", ["unlisted", "rehearsal"])
@pytest.mark.parametrize("path", ["/", "/categories/theme-0", "/tags/jazz", "/search?q=music", "/@channel0"])
def test_what_is_not_listed_stands_nowhere(client: Client, fill: Fill, visibility: str, path: str) -> None:
    (broadcast,) = fill(1)
    Broadcast.objects.update(visibility=visibility, title="Hidden words")
    ScheduledBroadcast.objects.all().delete()

    assert b"Hidden words" not in client.get(path).content
    own = client.get(f"/@channel0/{broadcast.pk}")
    assert own.status_code == (200 if visibility == "unlisted" else 404)


def test_titles_are_text(client: Client, fill: Fill) -> None:
    fill(1)
    Broadcast.objects.update(title="<img src=x onerror=alert(1)>")
    Category.objects.update(name="<b>bold</b>")

    for path in ("/", "/@channel0", "/search?q=<b>", "/categories/theme-0"):
        content = client.get(path).content
        assert b"<img src=x" not in content
        assert b"<b>" not in content
