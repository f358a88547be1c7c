"""The trend rules: one function for both sides."""

import numpy as np
import pandas as pd

from plimsoll.core import Side
from plimsoll.signals.trend import trend_ended, trend_with_regime


def mask(gap: list[float], *, side: Side = Side.LONG, **columns: list[float]) -> list[bool]:
    given = {
        "slope": [0.01 * side.sign] * len(gap),
        "strength": [30.0] * len(gap),
        "atr_fraction": [0.01] * len(gap),
    } | columns
    series = {name: pd.Series(values, dtype=float) for name, values in given.items()}
    found = trend_with_regime(
        side=side, gap=pd.Series(gap), min_strength=25, min_atr_fraction=0.0015, **series
    )
    return found.tolist()


def test_enters_once_when_the_trend_begins() -> None:
    assert mask([-0.1, 0.1, 0.2, 0.3]) == [False, True, False, False]


def test_a_trend_already_there_on_the_first_candle_is_no_beginning() -> None:
    assert mask([0.1, 0.2]) == [False, False]


def test_short_is_the_mirror_of_long() -> None:
    gap = np.random.default_rng(3).normal(0, 1, 200)
    assert mask(list(gap)) == mask(list(-gap), side=Side.SHORT)


def test_weak_trend_or_small_candles_are_left_alone() -> None:
    assert not any(mask([-0.1, 0.1], strength=[24.9, 24.9]))
    assert not any(mask([-0.1, 0.1], atr_fraction=[0.0014, 0.0014]))


def test_limits_themselves_are_enough() -> None:
    assert mask([-0.1, 0.1], strength=[25, 25])[1]
    assert mask([-0.1, 0.1], atr_fraction=[0.0015, 0.0015])[1]


def test_nan_never_means_go() -> None:
    nan = float("nan")
    for column in ("slope", "strength", "atr_fraction"):
        assert not any(mask([-0.1, 0.1], **{column: [nan, nan]}))
    assert not any(mask([nan, nan]))


def test_trend_ends_when_the_averages_cross_back() -> None:
    gap = pd.Series([0.1, -0.1, float("nan")])
    assert trend_ended(side=Side.LONG, gap=gap).tolist() == [False, True, False]
    assert trend_ended(side=Side.SHORT, gap=gap).tolist() == [True, False, False]
