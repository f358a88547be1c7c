"""Candles made of hours: nothing is lost, and no price is below a tick."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.lab.calibration.hours import Hours, candles_of
from plimsoll.lab.calibration.synthetic import synthetic_hours

FIRST = pd.Timestamp("2020-01-01", tz="UTC")


@pytest.fixture(scope="module")
def hours() -> Hours:
    return synthetic_hours(3, 50, None)


def test_a_candle_opens_where_the_one_before_closed(hours: Hours) -> None:
    candles = candles_of(hours, 1, first=FIRST, each=1, tick=0.01)
    assert (candles["open"].to_numpy()[1:] == candles["close"].to_numpy()[:-1]).all()
    assert candles["open"].iloc[0] == 1000.0
    body = candles[["open", "close"]]
    assert (candles["high"] >= body.max(axis=1)).all()
    assert (candles["low"] <= body.min(axis=1)).all()


def test_longer_candles_are_those_of_their_hours(hours: Hours) -> None:
    short = candles_of(hours, 0, first=FIRST, each=1, tick=0.001)
    long = candles_of(hours, 0, first=FIRST, each=4, tick=0.001)
    assert len(long) == 12, "the last two hours fill no candle"
    assert long["high"].iloc[3] == short["high"].iloc[12:16].max()
    assert long["low"].iloc[3] == short["low"].iloc[12:16].min()
    assert long["close"].iloc[3] == short["close"].iloc[15]
    assert long["volume"].sum() == pytest.approx(short["volume"].iloc[:48].sum())


def test_a_price_is_whole_ticks_and_never_nothing(hours: Hours) -> None:
    fallen = Hours(hours.moves - 1.0, hours.rises, hours.falls + 1.0, hours.volumes)
    candles = candles_of(fallen, 0, first=FIRST, each=1, tick=0.01)
    assert candles["low"].iloc[-1] == 0.01
    ticks = candles["close"].to_numpy() / 0.01
    np.testing.assert_allclose(ticks, np.round(ticks), atol=1e-6)
