"""The picture of a digest."""

import io
import warnings

import pandas as pd
import pytest
from matplotlib.image import imread

from plimsoll.reporting.digest_figure import (
    _tiles,
    causes_fall,
    days_of,
    digest_drawing,
    digest_png,
    drawdown_rows,
)
from plimsoll.reporting.drawing import INK
from tests.unit.reporting.digests import PERIOD, acts, digest, empty


def test_the_picture_has_its_size_and_is_the_same_twice() -> None:
    first = digest_png(digest())
    assert first == digest_png(digest())
    assert imread(io.BytesIO(first)).shape[:2] == (1000, 1600)
    assert imread(io.BytesIO(digest_png(empty()))).shape[:2] == (1000, 1600)


def test_a_halt_from_before_the_period_is_drawn_from_its_begin() -> None:
    whole = acts()
    before = whole.acts[0].__class__(
        at=(PERIOD.start - pd.Timedelta(days=3)).to_pydatetime(), event="halted", rule="drawdown"
    )
    story = whole.__class__(acts=[before])
    drawing = digest_drawing(digest(story=story))
    [span] = drawing.spans
    assert (span.start, span.end) == (PERIOD.start, PERIOD.end)
    assert drawing.points == []


def test_acts_inside_are_points_and_a_span() -> None:
    drawing = digest_drawing(digest())
    assert [point.kind for point in drawing.points] == ["halted", "rearmed"]
    assert (drawing.spans[0].end - drawing.spans[0].start) == pd.Timedelta(days=1)


def test_the_waterfall_ends_in_what_was_made() -> None:
    made = digest()
    fall = causes_fall(made)
    assert fall is not None
    assert made.causes is not None
    reached = fall.first[1] + sum(usd for _, usd in fall.steps)
    assert reached == pytest.approx(fall.last[1])
    assert fall.last[1] == made.causes.made_usd
    assert causes_fall(empty()) is None


def test_each_day_has_its_deepest_fall() -> None:
    rows = drawdown_rows(digest())
    assert [day for day, _ in rows][:1] == ["2024-01-08"]
    assert len(rows) == 7
    assert drawdown_rows(empty()) == []


def test_a_fall_of_the_last_midnight_is_of_the_day_that_ends_too() -> None:
    index = pd.DatetimeIndex([PERIOD.start, PERIOD.end - pd.Timedelta(hours=1), PERIOD.end])
    falling = digest(equity=pd.Series([1_000.0, 990.0, 900.0], index=index), high_usd=1_000.0)
    assert drawdown_rows(falling) == [("2024-01-08", "0.00 %"), ("2024-01-14", "−10.00 %")]
    assert [f"{day:%m-%d}" for day in days_of(falling.equity)] == ["01-07", "01-14", "01-14"]


def test_a_letter_that_no_font_has_is_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert digest_png(digest(name="\u5e01\u5b89", market="\x1b[31m"))


def test_what_was_neither_made_nor_lost_is_no_win() -> None:
    flat = pd.Series([1_000.0, 1_000.0], index=pd.DatetimeIndex([PERIOD.start, PERIOD.end]))
    assert _tiles(digest(equity=flat))[0] == ("Made (USDT)", "0.00", INK)
