"""From one sum to another by named steps."""

import io

import pytest
from PIL import Image

from plimsoll.reporting.waterfall import Waterfall, _ticks, waterfall_panel, waterfalls_png

FALL = Waterfall("Mine", ("backtest", 100.0), [("spread", -30.0), ("drift", 5.0)], ("left", 75.0))


def test_each_step_begins_where_the_last_one_ended() -> None:
    assert FALL.bars == [
        ("backtest", 0.0, 100.0),
        ("spread", 100.0, -30.0),
        ("drift", 70.0, 5.0),
        ("left", 0.0, 75.0),
    ]


def test_the_figure_says_its_ends_and_what_took_most() -> None:
    made = waterfall_panel("one", FALL, "caption")
    assert made.summary == "Backtest 100.00, left 75.00 USD. Most was taken by spread: −30.00."
    assert list(made.rows) == [
        ("backtest", "100.00"),
        ("spread", "−30.00"),
        ("drift", "5.00"),
        ("left", "75.00"),
    ]
    assert "+5.00" in made.svgs[0][1]


def test_a_sum_that_nothing_changed_is_drawn() -> None:
    made = waterfall_panel("one", Waterfall("Mine", ("a", 0.0), [], ("b", 0.0)), "caption")
    assert made.summary == "A 0.00, b 0.00 USD."


def test_pictures_stand_side_by_side() -> None:
    size = Image.open(io.BytesIO(waterfalls_png([FALL] * 4, title="t", subtitle="s"))).size
    assert size == (1600, 720)
    with pytest.raises(ValueError, match="one at least"):
        waterfalls_png([], title="t", subtitle="s")


def test_the_ticks_of_a_small_sum_differ() -> None:
    assert [_ticks(0.0003)(value, None) for value in (0.0001, 0.0002)] == ["0.00010", "0.00020"]
    assert _ticks(100.0)(25.0, None) == "25"
    assert _ticks(0.0)(0.0, None) == "0.0"
