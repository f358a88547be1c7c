"""The interval of a Sharpe ratio narrows as the track record grows."""

import math

import pytest

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.sharpe_interval import sharpe_interval
from plimsoll.performance.sharpe_track import LEAST_DAYS, sharpe_track
from tests.unit.performance.series import noise

RETURNS = 0.01 * noise(1, (800, 1))[:, 0] + 0.001


def test_track_runs_from_the_least_days_to_all_and_narrows() -> None:
    track = sharpe_track(RETURNS, points=5)
    assert [one.days for one in track] == [60, 245, 430, 615, 800]
    widths = [one.high - one.low for one in track]
    assert widths == sorted(widths, reverse=True)
    assert all(one.low < one.sharpe < one.high for one in track)


def test_last_point_is_the_whole_record() -> None:
    last = sharpe_track(RETURNS, points=3)[-1]
    whole = sharpe_interval(RETURNS, resamples=500)
    assert last.sharpe == pytest.approx(whole.value * math.sqrt(365))
    assert (last.low, last.high) == pytest.approx(
        (whole.low * math.sqrt(365), whole.high * math.sqrt(365))
    )


def test_too_short_a_record_says_what_is_needed() -> None:
    with pytest.raises(MeasureError, match="a track needs 60 days, found 59"):
        sharpe_track(RETURNS[: LEAST_DAYS - 1])
