import numpy as np
import pandas as pd
import pytest

from plimsoll import features
from plimsoll.core import PlimsollError
from plimsoll.reporting.feature_figure import _runs, feature_png
from tests.conftest import random_candles

CANDLES = random_candles(120, seed=1)


def png(column: "pd.Series[float]", text: str = "rsi") -> bytes:
    use = features.parse(text)
    return feature_png(CANDLES, use, column, pair="BTC/USDT:USDT", timeframe="5m")


def test_a_picture_has_1600_by_900_pixels_and_the_same_bytes_each_time() -> None:
    column = features.parse("rsi")(CANDLES)
    picture = png(column)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])) == (1600, 900)
    assert png(column) == picture
    assert png(column + 1.0) != picture


def test_a_column_without_any_value_is_refused_with_its_lookback() -> None:
    use = features.parse("rsi")
    with pytest.raises(PlimsollError, match=f"needs {use.lookback_candles} candles before"):
        png(pd.Series(np.nan, index=CANDLES.index))


@pytest.mark.parametrize(
    ("mask", "runs"),
    [
        ([], []),
        ([False, False], []),
        ([True, True, False, True], [(0, 2), (3, 4)]),
        ([False, True], [(1, 2)]),
    ],
)
def test_runs_of_values_have_their_bounds(mask: list[bool], runs: list[tuple[int, int]]) -> None:
    assert _runs(np.array(mask, dtype=bool)) == runs
