from media_pipeline.passage import Passage, Serving

PART = 1 / 3


def feed(passage: Passage, gop: float, until: float) -> None:
    per_gop = round(gop / PART)
    for index in range(round(until / PART)):
        passage.see_copy(index * PART, is_independent=index % per_gop == 0)


def test_second_key_frame_in_time_settles_for_the_copy() -> None:
    passage = Passage(is_trial=True)
    feed(passage, 2.0, 2.4)

    assert passage.is_settled()
    assert passage.gop_s == 2.0


def test_no_second_key_frame_wants_the_grid() -> None:
    passage = Passage(is_trial=True)
    feed(passage, 8.0, 2.4)
    assert not passage.wants_grid(2.4)
    assert passage.wants_grid(2.7)

    passage.plan(2.7, grid_first=0.0, grid_end=2.5)

    assert passage.goes_over_at == 3.0
    assert not passage.holds(3.0)
    assert passage.holds(3.0 + PART)
    assert not passage.crosses(2.0, is_independent=True)
    assert passage.crosses(3.0, is_independent=True)


def test_a_gop_of_three_seconds_comes_back_from_the_plan() -> None:
    passage = Passage(is_trial=True)
    feed(passage, 3.0, 2.99)
    passage.plan(2.99, grid_first=0.0, grid_end=2.9)

    passage.see_copy(3.0, is_independent=True)

    assert passage.is_settled()
    assert not passage.holds(3.3)


def test_nothing_is_held_back_for_a_grid_that_lags() -> None:
    passage = Passage(is_trial=True)
    feed(passage, 8.0, 2.8)

    passage.plan(2.8, grid_first=0.0, grid_end=1.5)

    assert passage.goes_over_at is None


def test_a_grid_that_never_comes_is_given_up() -> None:
    passage = Passage(is_trial=True)
    feed(passage, 9.0, 3.0)
    passage.plan(3.0, grid_first=0.0, grid_end=2.9)
    assert not passage.gives_up(4.0)

    assert passage.gives_up(5.1)
    assert passage.serving is Serving.COPY
    assert not passage.wants_grid(6.0)
    assert passage.wants_grid(5.1 + 30)


def test_where_there_was_no_room_there_may_be_later() -> None:
    passage = Passage()
    feed(passage, 20.0, 4.0)
    assert passage.wants_grid(4.0)

    passage.rest(4.0)

    assert not passage.wants_grid(8.9)
    assert passage.wants_grid(9.0)
    passage.try_grid(9.0)
    assert not passage.gives_up(16.9)
    assert passage.gives_up(17.0)


def test_long_gops_that_show_up_later_are_noticed() -> None:
    passage = Passage(is_trial=False)
    feed(passage, 2.0, 10.0)

    assert not passage.wants_grid(10.0 + 1)
    assert passage.wants_grid(8.0 + 3.3)


def test_after_going_over_nothing_is_wanted() -> None:
    passage = Passage(is_trial=True)
    feed(passage, 8.0, 3.0)
    passage.cross()

    assert passage.serving is Serving.GRID
    assert not passage.wants_grid(20.0)


def test_a_late_re_encoder_is_kept_until_it_is_decided() -> None:
    passage = Passage()
    feed(passage, 8.0, 3.3)
    assert passage.wants_grid(3.3)
    passage.is_trial = True
    assert not passage.is_settled()

    passage.see_copy(8.0, is_independent=True)
    assert not passage.is_settled()
    passage.see_copy(10.0, is_independent=True)

    assert passage.is_settled()
