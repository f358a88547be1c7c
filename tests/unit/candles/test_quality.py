"""Candle quality: shares of a window."""

from itertools import product

import pandas as pd
import pytest

from plimsoll.candles.quality import (
    PRICES,
    candle_quality,
    contradictory,
    contradictory_prices,
    impossible_prices,
    possible,
)
from tests.conftest import random_candles


def test_a_complete_window_is_flawless() -> None:
    quality = candle_quality(random_candles(288), expected_candles=288)
    assert quality.present_fraction == 1.0
    assert quality.zero_volume_fraction == quality.invalid_fraction == quality.frozen_fraction == 0


def test_missing_candles_lower_the_present_share() -> None:
    quality = candle_quality(random_candles(144), expected_candles=288)
    assert quality.present_fraction == 0.5


def test_a_doubled_candle_counts_once() -> None:
    candles = random_candles(100)
    doubled = candles.loc[candles.index.repeat(2)]
    assert candle_quality(doubled, expected_candles=200).present_fraction == 0.5


def test_frozen_candles_are_found() -> None:
    candles = random_candles(100)
    candles.loc[50:, ["open", "high", "low", "close"]] = candles["close"].iloc[49]
    assert candle_quality(candles, expected_candles=100).frozen_fraction == 0.5


def test_impossible_prices_are_found() -> None:
    candles = random_candles(10)
    candles.loc[0, "high"] = candles.loc[0, "low"] / 2
    candles.loc[1, "close"] = float("nan")
    candles.loc[2, "low"] = 0.0
    candles.loc[3, "high"] = float("inf")
    assert candle_quality(candles, expected_candles=10).invalid_fraction == pytest.approx(0.4)


def test_no_candles_at_all_is_as_bad_as_can_be() -> None:
    quality = candle_quality(random_candles(10).iloc[:0], expected_candles=10)
    assert (quality.present_fraction, quality.invalid_fraction) == (0.0, 1.0)


def test_a_window_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        candle_quality(random_candles(10), expected_candles=0)


def test_one_candle_by_its_numbers_and_all_by_their_columns_are_judged_alike() -> None:
    values = [float("nan"), float("inf"), -1.0, 0.0, 1.0, 2.0, 3.0]
    rows = list(product(values, repeat=4))
    frame = pd.DataFrame(rows, columns=PRICES)
    assert impossible_prices(frame).tolist() == [not possible(*row) for row in rows]
    assert contradictory_prices(frame).tolist() == [contradictory(*row) for row in rows]
    # The rule, the slow way.
    for row, against in zip(rows, contradictory_prices(frame), strict=True):
        _, high, low, _ = row
        known = [price for price in row if price == price]
        expected = any(high < price for price in known) or any(low > price for price in known)
        assert against == expected, row
