"""Appended candles equal those that Freqtrade cleans anew, on real candles."""

import numpy as np
import pandas as pd
import pytest
from freqtrade.data.converter import clean_ohlcv_dataframe, ohlcv_to_dataframe
from freqtrade.enums import CandleType

from plimsoll.bridge.freqtrade.candle_append import appended
from tests.conftest import REAL_DATA, random_candles

FIVE_MS = 300_000
KEEP = 998
BTC = REAL_DATA / "futures" / "BTC_USDT_USDT-5m-futures.feather"

Ticks = list[list[float]]


def ticks_of(candles: pd.DataFrame) -> Ticks:
    """Return candles as ccxt hands them to Freqtrade."""
    opens = candles["date"].to_numpy(dtype="datetime64[ms]").view(np.int64).tolist()
    rows = candles[["open", "high", "low", "close", "volume"]].to_numpy().tolist()
    return [[at, *row] for at, row in zip(opens, rows, strict=True)]


def cleaned(ticks: Ticks, *, fill: bool = True) -> pd.DataFrame:
    return ohlcv_to_dataframe(
        ticks, "5m", "BTC", fill_missing=fill, drop_incomplete=False, candle_type=CandleType.FUTURES
    )


def as_freqtrade(old: pd.DataFrame, ticks: Ticks) -> pd.DataFrame:
    """Do what ``Exchange._process_ohlcv_df`` does with a cached frame and new candles."""
    both = clean_ohlcv_dataframe(
        pd.concat([old, cleaned(ticks, fill=False)], axis=0),
        "5m",
        "BTC",
        fill_missing=True,
        drop_incomplete=False,
        candle_type=CandleType.FUTURES,
    )
    return both.tail(KEEP).reset_index(drop=True)


@pytest.mark.data
@pytest.mark.skipif(not BTC.exists(), reason="needs the real market data")
def test_a_week_of_real_candles_one_at_a_time_is_equal_to_the_bit() -> None:
    ticks = ticks_of(pd.read_feather(BTC).tail(KEEP + 2_016))
    ours = theirs = cleaned(ticks[:KEEP])
    for end in range(KEEP + 1, KEEP + 2_016, 97):
        news = ticks[end - 98 : end]
        ours, theirs = appended(ours, news, FIVE_MS, KEEP), as_freqtrade(theirs, news)
        assert ours is not None
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True, check_index_type=True)
    assert ours.attrs == theirs.attrs


def test_a_short_frame_grows_until_it_is_full() -> None:
    ticks = ticks_of(random_candles(40))
    frame = appended(cleaned(ticks[:30]), ticks[29:], FIVE_MS, 35)
    assert frame is not None
    pd.testing.assert_frame_equal(frame, cleaned(ticks[5:]))


def broken(ticks: Ticks, kind: str) -> Ticks:
    if kind == "gap":
        return ticks[32:]
    if kind == "hole":
        return [*ticks[29:33], *ticks[34:]]
    if kind == "twice":
        return [*ticks[29:33], *ticks[32:]]
    if kind == "changed":
        return [[*ticks[29][:4], ticks[29][4] * 1.01, ticks[29][5]], *ticks[30:]]
    if kind == "missing":
        return [*ticks[29:39], [ticks[39][0], float("nan"), *ticks[39][2:]]]
    return [[tick[0] + 1, *tick[1:]] for tick in ticks[29:]]


@pytest.mark.parametrize("kind", ["gap", "hole", "twice", "changed", "missing", "off the grid"])
def test_what_needs_cleaning_is_left_to_freqtrade(kind: str) -> None:
    ticks = ticks_of(random_candles(40))
    assert appended(cleaned(ticks[:30]), broken(ticks, kind), FIVE_MS, 35) is None


def test_a_frame_of_another_shape_is_left_to_freqtrade() -> None:
    ticks = ticks_of(random_candles(40))
    old = cleaned(ticks[:30]).assign(funding_rate=0.0)
    assert appended(old, ticks[29:], FIVE_MS, 35) is None
