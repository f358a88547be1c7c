"""Candles as the loop sees them."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.lab.fast_lane.market import NO_TAG, Packed, pack
from plimsoll.lab.fast_lane.records import LONG_IS_1, LONG_SET
from tests.unit.lab.fast_lane.drawn import plain_runs


@pytest.fixture(scope="module")
def make():
    with plain_runs() as made:
        yield made


def packed_of(run, *, change=None):
    if change is not None:
        for candles in run.processed.values():
            change(candles)
    start, end = int(run.start.timestamp()), int(run.end.timestamp())
    return pack(run.backtesting, run.processed, start, end)


def test_signals_stand_one_candle_late(make):
    run = make()
    packed = packed_of(run)
    assert isinstance(packed, Packed)
    for number, pair in enumerate(packed.pairs):
        frame = run.processed[pair]
        first, rows = packed.market.pairs[number]["first"], packed.market.pairs[number]["rows"]
        assert rows == len(frame) - 1
        assert packed.market.open[first : first + rows].tolist() == frame["open"].tolist()[1:]
        wanted = frame["enter_long"].fillna(0).to_numpy()[:-1] == 1
        bits = packed.market.signals[first : first + rows]
        assert (((bits & LONG_IS_1) != 0) == wanted).all()
        assert (((bits & LONG_SET) != 0) >= wanted).all()


def test_a_tag_is_a_number_of_the_word_that_stands_on_the_signals_candle(make):
    run = make()
    packed = packed_of(run)
    tagged = packed.market.enter_tag[packed.market.enter_tag != NO_TAG]

    assert set(tagged.tolist()) <= set(range(len(packed.tags)))


def test_candles_without_a_price_are_left_to_freqtrade(make):
    def spoil(candles: pd.DataFrame) -> None:
        candles.loc[candles.index[-5], "close"] = np.nan

    assert "without a price" in packed_of(make(), change=spoil)


def test_candles_out_of_step_are_left_to_freqtrade(make):
    def spoil(candles: pd.DataFrame) -> None:
        candles.loc[candles.index[-5], "date"] += pd.Timedelta(seconds=1)

    assert "out of step" in packed_of(make(), change=spoil)
