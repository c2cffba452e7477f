import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts.models import Channel, User
from streaming.models import Broadcast, Category
from streaming.search import clean_query, forgiving, search_broadcasts, search_categories, search_channels

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(alice: User) -> None:
    music = Category.objects.create(name="Music & dance", slug="music")
    Category.objects.create(name="Cooking", slug="cooking")
    for name, title, category, visibility in (
        ("mountains", "Alpine mornings", None, "public"),
        ("jazzroom", "Late night saxophone", music, "public"),
        ("kitchen", "Sourdough for beginners", None, "unlisted"),
        ("club", "Secret rehearsal of saxophones", None, "rehearsal"),
        ("inner", "Saxophone for friends", None, "followers"),
    ):
        channel = Channel.objects.create(name=name, title=title)
        Broadcast.objects.create(
            channel=channel, title=title, category=category, visibility=visibility, started_at=timezone.now()
        )


def titles(text: str) -> list[str]:
    with forgiving():
        return [broadcast.channel.name for broadcast in search_broadcasts(AnonymousUser(), text)]


@pytest.mark.parametrize("text", ["alpine", "Alpine mornings", "alpne", "mornigs", "mountians", "ALPINE"])
def test_a_broadcast_is_found_also_with_a_typo(house: None, text: str) -> None:
    assert titles(text) == ["mountains"]


def test_what_lists_do_not_show_is_not_found(house: None) -> None:
    assert set(titles("saxophone")) == {"jazzroom", "inner"}
    assert titles("sourdough") == []


def test_a_category_leads_to_what_is_on_in_it(house: None) -> None:
    assert titles("music") == ["jazzroom"]
    with forgiving():
        assert [one.slug for one in search_categories("musik")] == ["music"]


def test_channels_are_found_by_name_and_title(house: None) -> None:
    with forgiving():
        assert [one.name for one in search_channels("jazzrom")] == ["jazzroom"]
        assert [one.name for one in search_channels("sourdough")] == ["kitchen"]
        assert [one.name for one in search_channels("zzr")] == ["jazzroom"]
    Channel.objects.update(is_suspended=True)
    with forgiving():
        assert not search_channels("jazzroom")


@pytest.mark.parametrize("text", ["'", '"unclosed', "a & | !", "<script>", "%%", "\\", "-", "((("])
def test_odd_words_do_no_harm(house: None, text: str) -> None:
    assert set(titles(text)) <= {"mountains", "jazzroom", "inner"}


def test_what_is_typed_is_bounded() -> None:
    assert clean_query("  a\0b\n c ") == "a b c"
    assert len(clean_query("x" * 1000)) == 80
