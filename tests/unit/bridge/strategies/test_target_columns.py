"""Targets on the candles of a pair: from the candle on whose close knows them."""

import numpy as np
import pandas as pd

from plimsoll.bridge.strategies.target_columns import with_reasons, with_targets
from plimsoll.signals.panels import Targets
from plimsoll.signals.rows import Rows

PAIR = "BTC/USDT:USDT"
HOUR = pd.Timedelta(hours=1)
OPENS = pd.date_range("2024-01-01", periods=12, freq="4h", tz="UTC")
CANDLES = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=48, freq="1h", tz="UTC")})


def targets(**fields: object) -> Targets:
    weights = pd.DataFrame({PAIR: np.arange(12) / 100}, OPENS)
    return Targets(weights, weights + 1, span=pd.Timedelta(hours=4), **fields)


def test_a_row_counts_from_the_candle_that_closes_with_it_until_the_next_row() -> None:
    made = with_targets(CANDLES, PAIR, targets(), Rows(pd.DataFrame()), span=HOUR)
    assert made["target_weight"].iloc[:3].isna().all()
    # The candle of 03:00 closes at 04:00, as the first of four hours does.
    assert made["target_weight"].iloc[3:12].tolist() == [0.0] * 4 + [0.01] * 4 + [0.02]
    assert (made["full_size"] - made["target_weight"]).dropna().eq(1).all()


def test_the_stop_is_of_the_last_day_that_had_closed() -> None:
    days = pd.date_range("2024-01-01", periods=2, freq="D", tz="UTC")
    fractions = Rows(pd.DataFrame({PAIR: [0.4, 0.5]}, days))
    made = with_targets(CANDLES, PAIR, targets(), fractions, span=HOUR)["stop_fraction"]
    assert made.iloc[:23].eq(0.30).all()
    assert made.iloc[23:47].eq(0.4).all()
    assert made.iloc[47] == 0.5


def test_a_pair_without_targets_has_none() -> None:
    made = with_targets(CANDLES, "ETH/USDT:USDT", targets(), Rows(pd.DataFrame()), span=HOUR)
    assert made[["target_weight", "full_size"]].isna().all(axis=None)
    assert made["stop_fraction"].eq(0.30).all()


def test_an_entry_has_the_words_of_the_row_that_was_known() -> None:
    candles = CANDLES.assign(enter_long=0, enter_tag="none")
    candles.loc[[6, 7], "enter_long"] = 1
    made = targets(reasons=lambda row, pair: f"{pair[:3]} {row:%H:%M}")
    tags = with_reasons(candles, PAIR, made, span=HOUR)["enter_tag"]
    assert tags.iloc[[5, 6, 7]].tolist() == ["none", "BTC 00:00", "BTC 04:00"]
    assert with_reasons(candles, PAIR, targets(), span=HOUR)["enter_tag"].iloc[6] == "BTC 00:00"
