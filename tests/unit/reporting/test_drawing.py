import numpy as np
import pandas as pd
import pytest

from plimsoll.reporting.drawing import merged_bars, thin, tick_text
from tests.unit.performance.frames import hours


def test_thinned_line_keeps_its_extremes_and_ends():
    values = np.zeros(100_000)
    values[[12_345, 67_890]] = 9.0, -9.0
    line = thin(pd.Series(values, index=pd.RangeIndex(100_000)), 300)
    assert len(line) <= 301
    assert (line.max(), line.min()) == (9.0, -9.0)
    assert (line.index[0], line.index[-1]) == (0, 99_999)


def test_merged_bars_keep_highest_lowest_and_last():
    index = hours(5_000)
    candles = pd.DataFrame(
        {"high": range(5_000), "low": range(5_000), "close": range(5_000)}, index
    )
    bars = merged_bars(candles)
    assert len(bars) <= 1_600
    assert bars.iloc[0].tolist() == [3, 0, 3]


@pytest.mark.parametrize(
    ("span", "value", "text"),
    [(40_000.0, 1_234.5, "1,234"), (5.0, 1_234.5, "1,234.5"), (0.02, 0.5, "0.500")],
)
def test_ticks_have_the_digits_that_their_axis_needs(span, value, text):
    assert tick_text(span)(value, None) == text
