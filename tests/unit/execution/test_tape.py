"""What a tape says of the time around a fill."""

from math import isnan, log, sqrt

import numpy as np
import pandas as pd
import pytest

from plimsoll.execution.settings import ExecutionError
from plimsoll.execution.tape import Tape
from tests.unit.execution.markets import FIVE, HOUR, START, calm, detail, tape
from tests.unit.performance.frames import BTC

AT = START + 100 * HOUR
FLAT = (100.0, 100.5, 99.5, 100.0, 10.0)


def test_the_shortest_candles_that_cover_the_whole_candle_are_taken() -> None:
    assert tape(shorter=detail(FLAT, at=AT)).around(AT).seconds == 300


def test_a_hole_in_the_shorter_candles_leaves_the_strategys_own() -> None:
    shorter = detail(FLAT, at=AT).drop(index=5)
    assert tape(shorter=shorter).around(AT).seconds == 3600


def test_a_time_that_no_candle_covers_is_an_error() -> None:
    with pytest.raises(ExecutionError, match="no candle at 2024-02-"):
        tape().around(pd.Timestamp("2024-02-01", tz="UTC"))
    with pytest.raises(ExecutionError, match="no candle at"):
        tape().around(START - HOUR)


def test_a_candle_without_volume_is_a_hole() -> None:
    own = calm()
    own.loc[100, "volume"] = 0.0
    with pytest.raises(ExecutionError, match="no candle at"):
        tape(own).around(AT)


def test_the_close_before_is_unknown_behind_a_hole() -> None:
    assert tape().around(AT).close_before == 101.0
    assert isnan(tape(calm().drop(index=99)).around(AT).close_before)


def test_a_price_is_touched_inside_a_candle_or_jumped_over_between_two() -> None:
    jump = detail(FLAT, (95.0, 96.0, 94.0, 95.0, 10.0), at=AT)
    around = tape(shorter=jump).around(AT)
    assert around.first_touch(99.6) == 0
    assert around.first_touch(98.0) == 1
    assert around.first_touch(95.5) == 1
    assert around.first_touch(80.0) is None


def test_the_range_of_a_candle_is_its_volatility() -> None:
    around = tape(shorter=detail((100.0, 102.0, 98.0, 100.0, 1.0), at=AT)).around(AT)
    assert around.volatility() == pytest.approx(log(102 / 98) / (2 * sqrt(log(2))))


def test_rows_cut_off_leave_the_close_before_the_rest() -> None:
    around = tape(shorter=detail(FLAT, (101.0, 103.0, 100.0, 102.0, 5.0), at=AT)).around(AT)
    rest = around.from_row(1)
    assert (rest.open[0], rest.close_before, len(rest.open)) == (101.0, 100.0, 11)


def test_daily_volatility_and_volume_are_of_the_days_before() -> None:
    own = calm()
    own.loc[100:, ["close", "volume"]] *= 50.0  # the fill's own candle and all later ones
    returns = np.diff(np.log(calm()["close"].to_numpy()[:100]))
    made = tape(own)
    assert made.daily_volatility(AT) == pytest.approx(np.std(returns, ddof=1) * sqrt(24), rel=1e-3)
    assert made.daily_usd(AT) == pytest.approx(24 * 1000 * 100.5, rel=1e-2)


def test_a_fill_at_the_start_takes_the_first_days_that_are_known() -> None:
    made = tape()
    assert made.daily_volatility(START) == made.daily_volatility(START + 20 * HOUR)
    assert made.daily_usd(START) > 0


def test_too_few_candles_say_nothing_of_volatility() -> None:
    with pytest.raises(ExecutionError, match=r"daily volatility .* is unknown"):
        tape(calm(10)).daily_volatility(START)


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan")])
def test_a_price_that_is_none_is_refused(price: float) -> None:
    own = calm()
    own.loc[3, "low"] = price
    with pytest.raises(ExecutionError, match="no number above 0"):
        tape(own)


def test_a_pair_without_candles_is_refused() -> None:
    with pytest.raises(ExecutionError, match="no candle with volume"):
        Tape(BTC, {HOUR: calm().iloc[:0], FIVE: calm(span=FIVE)}, days=7)


def test_a_time_in_a_hole_leads_to_the_first_candle_after_it() -> None:
    holed = tape(calm().drop(index=[99, 100]))
    assert holed.after_hole(AT) == START + 101 * HOUR
    assert holed.after_hole(AT - 2 * HOUR) is None, "a candle covers it"
    assert holed.after_hole(START - HOUR) is None, "before the first one"
    assert holed.after_hole(pd.Timestamp("2024-02-01", tz="UTC")) is None, "after the last one"
