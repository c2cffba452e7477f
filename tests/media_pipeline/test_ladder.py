import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_pipeline.ladder import EncoderBudget, Rendition, parse_ladder


def test_renditions_come_highest_first() -> None:
    assert [rendition.name for rendition in parse_ladder("360p, 720p,480p:900k")] == ["720p", "480p", "360p"]
    assert parse_ladder("480p:900k") == (Rendition("480p", 480, 900_000),)


def test_no_ladder_is_a_ladder() -> None:
    assert parse_ladder("") == ()


@pytest.mark.parametrize("text", ["480", "480p:", "481p", "90p", "9999p", "480p:1k", "x480p", "480p;720p"])
def test_a_wrong_part_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"'.*'"):
        parse_ladder(text)


def test_bigger_pictures_get_more_bits() -> None:
    rates = [rendition.bitrate_bps for rendition in parse_ladder("240p,360p,480p,720p,1080p")]

    assert rates == sorted(rates, reverse=True)
    assert 1_000_000 <= parse_ladder("480p")[0].bitrate_bps <= 1_500_000


@given(st.lists(st.integers(min_value=1, max_value=5), max_size=30), st.integers(min_value=0, max_value=8))
def test_the_budget_is_never_overdrawn(wishes: list[int], units: int) -> None:
    budget, held = EncoderBudget(units), 0
    for wish in wishes:
        if budget.take(wish):
            held += wish
        elif held:
            budget.give(held)
            held = 0
        assert held <= units
