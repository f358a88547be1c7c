"""What other checks take from a series: prices when they are known, and longer bars."""

import numpy as np
import pandas as pd

from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.tables import Table, utc
from tests.unit.archive.price_tables import PAIR, coarse, fine

HOUR_MS = 3_600_000


def test_a_close_is_known_when_its_candle_ends() -> None:
    prices = coarse().prices()
    assert prices is not None
    assert utc(prices.instants_ms[0]) == coarse().rows["date"][0] + pd.Timedelta(hours=1)
    part = prices.between(prices.instants_ms[3], prices.instants_ms[7])
    assert part.logs[0] == np.log(coarse().rows["close"].to_numpy())[3]
    assert len(part.logs) == 4


def test_whole_bars_are_the_longer_candles() -> None:
    bars, rows = fine().bars(HOUR_MS), coarse().rows
    assert bars is not None
    assert [utc(one) for one in bars.opens_ms[:2]] == rows["date"][:2].tolist()
    for name in ("open", "high", "low", "close"):
        assert np.array_equal(bars.prices[name], rows[name].to_numpy())


def test_a_bar_with_a_missing_or_impossible_row_is_left_out() -> None:
    rows = fine().rows.drop(index=[3])
    rows.loc[15, "low"] = 0.0
    bars = Table(fine().series, rows).bars(HOUR_MS)
    assert bars is not None
    assert utc(bars.opens_ms[0]) == coarse().rows["date"][2]


def test_bars_of_a_longer_timeframe_in_a_file_have_no_price() -> None:
    rows = pd.concat([coarse().rows[:240:8], coarse().rows[240:]])
    table = Table(coarse().series, rows)
    assert table.alone.sum() == 30
    prices = table.prices()
    assert prices is not None
    assert len(prices.logs) == len(rows) - 30


def test_series_without_prices_have_none() -> None:
    rows = coarse().rows[["date"]].assign(funding_rate=1e-4)
    assert Table(Series(PAIR, Kind.FUNDING, "1h"), rows).prices() is None
    assert coarse().bars(300_000) is None
