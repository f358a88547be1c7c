"""Regimes of a market, told before the day begins."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.performance.regimes import (
    BEAR,
    BULL,
    CALM,
    CRASH,
    DOWN,
    SIDEWAYS,
    TREND_DAYS,
    UNKNOWN,
    UP,
    WILD,
    market_states,
    regime_at,
    regime_days,
    regimes,
)
from tests.unit.performance.frames import hours, utc

DAYS = 200


def market(daily: np.ndarray) -> "pd.Series[float]":
    """Hourly closes that hold each day's price from its first hour on."""
    index = hours(24 * len(daily)) + pd.Timedelta(hours=1)
    return pd.Series(np.repeat(daily, 24), index=index)


def test_trend_needs_its_days_and_follows_the_price() -> None:
    rising = regimes(market(100.0 * 1.01 ** np.arange(DAYS)))["trend"]
    assert set(rising.iloc[: TREND_DAYS - 1]) == {UNKNOWN}
    assert set(rising.iloc[TREND_DAYS:]) == {UP}
    falling = regimes(market(100.0 * 0.99 ** np.arange(DAYS)))["trend"]
    assert falling.iloc[-1] == DOWN
    assert regimes(market(np.full(DAYS, 100.0)))["trend"].iloc[-1] == SIDEWAYS


def test_volatility_is_measured_against_its_own_past() -> None:
    signs = np.where(np.arange(DAYS) % 2, 1.0, -1.0)
    sizes = np.where(np.arange(DAYS) < 150, np.linspace(0.007, 0.003, DAYS), 0.03)
    told = regimes(market(100.0 * np.cumprod(1.0 + signs * sizes)))["volatility"]
    assert told.iloc[0] == UNKNOWN
    assert told.iloc[145] == CALM
    assert told.iloc[-1] == WILD


def test_a_day_s_regime_knows_nothing_of_the_day() -> None:
    calm = 100.0 * 1.01 ** np.arange(DAYS)
    crashed = calm.copy()
    crashed[150:] = 1.0
    before, after = (regimes(market(one)) for one in (calm, crashed))
    day = before.index[0] + pd.Timedelta(days=149)
    assert before.loc[:day].equals(after.loc[:day])
    assert after.loc[day + pd.Timedelta(days=1), "trend"] == DOWN


def test_a_trade_has_the_regime_of_the_day_of_its_opening() -> None:
    column = pd.Series([UP, DOWN], index=[utc("2024-01-01"), utc("2024-01-02")])
    times = pd.Series([utc("2024-01-01 23:59"), utc("2024-01-02"), utc("2030-01-01")])
    assert regime_at(times, column).tolist() == [UP, DOWN, UNKNOWN]


def test_returns_are_compounded_over_the_days_of_each_regime() -> None:
    ends = pd.DatetimeIndex([utc("2024-01-02"), utc("2024-01-03"), utc("2024-01-04")])
    column = pd.Series([UP, DOWN, UP], index=ends - pd.Timedelta(days=1))
    own = pd.Series([0.1, -0.2, 0.1], index=ends)
    held = pd.Series([0.5, 0.5], index=ends[:2])
    up, down = regime_days(own, held, column)
    assert (up.regime, up.days, down.days) == (UP, 2, 1)
    assert up.account_fraction == pytest.approx(0.21)
    assert np.isnan(up.market_fraction)
    assert (down.account_fraction, down.market_fraction) == pytest.approx((-0.2, 0.5))


def test_states_are_bull_bear_sideways_and_a_crash_is_the_day_that_fell() -> None:
    prices = np.concatenate([100.0 * 1.01 ** np.arange(100), np.full(100, 100.0 * 1.01**99)])
    prices[150:] *= 0.91
    prices[152:] *= 0.97
    states = market_states(market(prices))
    day = pd.Timestamp(states[BULL].index[0])
    assert states[BULL].loc[day + pd.Timedelta(days=80)]
    assert states[SIDEWAYS].loc[day + pd.Timedelta(days=148)]
    assert states[BEAR].iloc[-48]
    crashed = states[CRASH]
    begins = market(prices).index[0].floor("D")
    assert [int((one - begins).days) for one in crashed.index[crashed]] == [152]


def test_a_slow_fall_is_no_crash() -> None:
    assert not market_states(market(100.0 * 0.97 ** np.arange(DAYS)))[CRASH].any()
