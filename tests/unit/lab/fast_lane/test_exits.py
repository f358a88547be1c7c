"""Reasons to leave, in Freqtrade's order, and the prices that they leave at."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.lab.fast_lane.exits import rate_of_profit
from plimsoll.lab.fast_lane.loop import DONE, run
from plimsoll.lab.fast_lane.records import (
    EXIT_LONG_IS_1,
    EXIT_LONG_SET,
    FORCED,
    LONG_IS_1,
    LONG_SET,
    ROI,
    SIGNAL,
    STOP,
    TRAILING,
)
from tests.unit.lab.fast_lane.desk import books, freqtrades, market
from tests.unit.lab.fast_lane.test_stops import PRICES, open_trade

CALM = (100.0, 101.0, 99.0, 100.0)
WILD = (100.0, 120.0, 80.0, 100.0)
ENTER = LONG_IS_1 | LONG_SET
LEAVE = EXIT_LONG_IS_1 | EXIT_LONG_SET


def only_trade(*candles, signals=None, **plan):
    asked = market(list(candles), signals={(0, 0): ENTER, **(signals or {})}, **plan)
    kept = books(asked)
    assert run(asked, kept) == DONE
    assert kept.state[0]["closed_trades"] == 1
    return kept.closed[0]


def test_a_stop_and_a_target_in_one_candle_are_the_stop():
    trade = only_trade(CALM, WILD, CALM, CALM, roi={0: 0.05})

    assert trade["exit_kind"] == STOP
    assert trade["close_rate"] == trade["stop"] == 90.0


def test_a_signal_comes_before_the_stop_and_leaves_at_the_open():
    trade = only_trade(CALM, WILD, CALM, CALM, signals={(0, 1): LEAVE})

    assert (trade["exit_kind"], trade["close_rate"]) == (SIGNAL, 100.0)


def test_a_signal_without_profit_is_passed_over_where_only_profit_leaves():
    trade = only_trade(CALM, CALM, CALM, CALM, signals={(0, 1): LEAVE}, exit_profit_only=1)

    assert trade["exit_kind"] == FORCED


def test_a_gap_through_the_stop_leaves_at_the_open():
    gapped = (70.0, 75.0, 65.0, 70.0)
    trade = only_trade(CALM, gapped, gapped, gapped)

    assert (trade["exit_kind"], trade["close_rate"]) == (STOP, 70.0)


def test_a_stop_that_has_moved_is_called_trailing():
    risen = (100.0, 115.0, 104.0, 110.0)
    trade = only_trade(CALM, risen, (110.0, 110.0, 95.0, 96.0), CALM, trailing=1)

    assert trade["exit_kind"] == TRAILING
    assert trade["close_rate"] == 103.5


def test_the_roi_step_in_force_is_the_last_that_has_begun():
    risen = (101.0, 103.0, 100.0, 102.0)
    early = only_trade(CALM, risen, risen, risen, roi={0: 0.05, 10: 0.01})

    assert early["exit_kind"] == ROI
    assert early["close_s"] - early["open_s"] == 600


@settings(max_examples=150, deadline=None)
@given(
    price=PRICES,
    wanted=st.floats(min_value=-0.5, max_value=0.5),
    is_short=st.booleans(),
    leverage=st.sampled_from([1.0, 3.0]),
    funding=st.floats(min_value=-2, max_value=2),
)
def test_the_price_of_a_profit_is_freqtrades(price, wanted, is_short, leverage, funding):
    trades = open_trade(price=price, is_short=is_short, leverage=leverage, funding=funding)
    theirs = freqtrades(trades[0], fee=0.001)

    assert rate_of_profit(market([CALM] * 3), trades[0], wanted) == (
        theirs.calc_close_rate_for_roi(wanted)
    )


@pytest.mark.parametrize("kind", ["lowest", "highest"])
def test_the_extremes_include_entry_and_exit(kind):
    trade = only_trade(CALM, (100.0, 104.0, 97.0, 100.0), CALM, CALM)

    assert trade[kind] == {"lowest": 97.0, "highest": 104.0}[kind]
    assert np.isfinite(trade["profit_ratio"])
