import json
import math
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.performance.drawdown import drawdown, drawdown_curve
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.fills import no_trades
from plimsoll.performance.measures import daily_returns, performance
from tests.unit.performance.frames import hours, trade, trades_frame, utc


def daily(*values: float, start: str = "2024-01-01") -> "pd.Series[float]":
    """Values at midnights."""
    index = pd.date_range(start, periods=len(values), freq="D", tz="UTC")
    return pd.Series(values, index=index, dtype=float)


def measured(*values: float):
    return performance(daily(*values), no_trades())


def test_ratios_equal_the_hand_computed_ones():
    figures = measured(100.0, 110.0, 99.0, 108.9)
    returns = [0.1, -0.1, 0.1]
    mean, deviation = statistics.mean(returns), statistics.stdev(returns)
    assert figures.sharpe == pytest.approx(mean / deviation * math.sqrt(365))
    assert figures.annual_volatility_fraction == pytest.approx(deviation * math.sqrt(365))
    assert figures.sortino == pytest.approx(mean / math.sqrt(0.01 / 3) * math.sqrt(365))
    assert figures.total_return_fraction == pytest.approx(0.089)
    assert figures.cagr_fraction == pytest.approx(1.089 ** (365 / 3) - 1)
    assert figures.calmar == pytest.approx(figures.cagr_fraction / 0.1)


def test_cagr_of_one_year_is_the_total_return():
    equity = pd.Series([100.0] * 365 + [130.0], index=daily(*[1.0] * 366).index)
    assert performance(equity, no_trades()).cagr_fraction == pytest.approx(0.3)


def test_cagr_beyond_floats_is_nan_not_infinite():
    equity = pd.Series([1.0, 1e6], index=hours(2))
    assert math.isnan(performance(equity, no_trades()).cagr_fraction)


def test_flat_equity_has_no_ratio():
    figures = measured(100.0, 100.0, 100.0)
    assert figures.annual_volatility_fraction == 0.0
    assert all(math.isnan(x) for x in (figures.sharpe, figures.sortino, figures.calmar))
    assert (figures.max_drawdown_fraction, figures.under_water_time_fraction) == (0.0, 0.0)
    assert figures.drawdown_peak_at is None


def test_the_same_gain_every_day_has_no_sharpe():
    assert math.isnan(performance(daily(*[1.01**n for n in range(30)]), no_trades()).sharpe)


def test_one_day_has_no_deviation():
    figures = measured(100.0, 101.0)
    assert math.isnan(figures.sharpe)
    assert math.isnan(figures.annual_volatility_fraction)


def test_drawdown_names_peak_trough_and_recovery():
    figures = measured(100.0, 120.0, 90.0, 110.0, 121.0, 119.0)
    assert figures.max_drawdown_fraction == pytest.approx(0.25)
    assert figures.drawdown_peak_at == utc("2024-01-02")
    assert figures.drawdown_trough_at == utc("2024-01-03")
    assert figures.drawdown_recovered_at == utc("2024-01-05")
    assert figures.longest_under_water_days == pytest.approx(3.0)
    assert figures.under_water_time_fraction == pytest.approx(4.0 / 5.0)


def test_drawdown_that_lasts_has_no_recovery():
    figures = measured(100.0, 80.0, 90.0)
    assert figures.drawdown_recovered_at is None
    assert figures.longest_under_water_days == pytest.approx(2.0)


def test_shallow_but_long_stretch_is_the_longest_under_water():
    assert measured(100, 50, 100, 99, 99, 99, 100).longest_under_water_days == pytest.approx(4.0)


def test_rounding_noise_is_not_under_water():
    assert measured(100.0, 100.0 - 1e-12, 100.0).under_water_time_fraction == 0.0


@pytest.mark.parametrize("last", [0.0, -50.0])
def test_bankrupt_account_lost_everything_and_has_no_ratio(last):
    figures = measured(100.0, 50.0, last, 20.0)
    assert figures.bankrupt_at == utc("2024-01-03")
    assert figures.max_drawdown_fraction == 1.0
    assert figures.cagr_fraction == -1.0
    ratios = (figures.sharpe, figures.sortino, figures.annual_volatility_fraction)
    assert all(math.isnan(x) for x in ratios)


def test_no_trades_leave_trade_figures_undefined_and_costs_zero():
    figures = measured(100.0, 101.0, 100.5)
    assert figures.closed_trades == 0
    undefined = (figures.win_rate_fraction, figures.profit_factor, figures.average_trade_usd)
    assert all(math.isnan(x) for x in undefined)
    assert (
        figures.fees_paid_usd,
        figures.turnover_per_year,
        figures.exposure_time_fraction,
    ) == (0, 0, 0)


D = daily(*[1.0] * 11).index
EQUITY = pd.Series(1_000.0, index=D)


def test_one_winning_trade_has_no_profit_factor():
    figures = performance(EQUITY, trades_frame(trade(D[0], D[1], 100.0, 110.0)))
    assert (figures.closed_trades, figures.win_rate_fraction) == (1, 1.0)
    assert figures.average_trade_usd == pytest.approx(10.0)
    assert math.isnan(figures.profit_factor)
    assert math.isnan(figures.expectancy_per_average_loss)


def test_all_losing_trades():
    rows = [trade(D[i], D[i + 1], 100.0, 100.0 - loss) for i, loss in enumerate((5.0, 15.0))]
    figures = performance(EQUITY, trades_frame(*rows))
    assert (figures.win_rate_fraction, figures.profit_factor) == (0.0, 0.0)
    assert figures.expectancy_per_average_loss == pytest.approx(-1.0)


def test_trade_figures_equal_the_hand_computed_ones():
    rows = [trade(D[i], D[i + 1], 100.0, 100.0 + p) for i, p in enumerate((30.0, -10.0, 0.0, -5.0))]
    figures = performance(EQUITY, trades_frame(*rows))
    assert figures.win_rate_fraction == 0.25
    assert figures.profit_factor == pytest.approx(2.0)
    assert figures.average_trade_usd == pytest.approx(3.75)
    assert figures.expectancy_per_average_loss == pytest.approx(3.75 / 7.5)


def test_costs_and_turnover_equal_the_hand_computed_ones():
    row = trade(D[0], D[1], 100.0, 200.0, amount=2.0, fee=0.001, funding_usd=-0.7)
    figures = performance(EQUITY, trades_frame(row))
    assert figures.fees_paid_usd == pytest.approx(0.6)
    assert figures.funding_paid_usd == pytest.approx(0.7)
    assert figures.turnover_per_year == pytest.approx(600.0 / 1_000.0 / (10 / 365))


def test_exposure_counts_overlapping_trades_once():
    spans = [(0, 4), (1, 2), (3, 5), (7, 8)]
    rows = [trade(D[a], D[b], 1.0, 1.0) for a, b in spans]
    assert performance(EQUITY, trades_frame(*rows)).exposure_time_fraction == pytest.approx(0.6)


def test_open_trade_counts_as_exposure_and_not_as_a_win():
    figures = performance(EQUITY, trades_frame(trade(D[5], None, 100.0, 0.0)))
    assert figures.exposure_time_fraction == pytest.approx(0.5)
    assert figures.closed_trades == 0


def test_daily_returns_start_at_the_first_row_and_end_days_at_midnight():
    index = pd.DatetimeIndex(
        [utc("2024-01-01 06:00"), utc("2024-01-02"), utc("2024-01-02 09:00"), utc("2024-01-03")]
    )
    figures = daily_returns(pd.Series([100.0, 110.0, 500.0, 121.0], index=index))
    assert figures.tolist() == pytest.approx([0.1, 0.1])
    assert figures.index.tolist() == [utc("2024-01-02"), utc("2024-01-03")]


@pytest.mark.parametrize(
    ("equity", "message"),
    [
        (daily(1.0, 2.0).tz_localize(None), "UTC time index"),
        (pd.Series([1.0, 2.0]), "UTC time index"),
        (daily(1.0), "two values at least, found 1"),
        (daily(1.0, 2.0, 3.0).iloc[[0, 1, 1]], "2024-01-02 .* does not"),
        (daily(1.0, 2.0, 3.0).iloc[[0, 2, 1]], "2024-01-02 .* does not"),
        (daily(1.0, np.nan, 3.0), "2024-01-02 .* is not"),
        (daily(1.0, np.inf, 3.0), "2024-01-02 .* is not"),
        (daily(0.0, 1.0), "start above 0"),
        (daily(1.0, 2.0, 3.0, 4.0).iloc[[0, 1, 3]], "2024-01-02 and 2024-01-04"),
    ],
)
def test_equity_that_cannot_be_measured_is_refused(equity, message):
    with pytest.raises(MeasureError, match=message):
        performance(equity, no_trades())


def test_record_is_json_without_nan():
    record = measured(100.0, 100.0, 100.0).as_record()
    assert json.loads(json.dumps(record, allow_nan=False))["sharpe"] is None
    assert record["start"] == "2024-01-01T00:00:00+00:00"


values = st.lists(st.floats(0.01, 1e6), min_size=3, max_size=60)


@settings(max_examples=80, deadline=None)
@given(values)
def test_drawdown_lies_between_nothing_and_everything(figures):
    curve = drawdown_curve(daily(*figures))
    assert ((curve >= 0.0) & (curve <= 1.0)).all()
    whole = drawdown(daily(*figures))
    assert whole.max_fraction == curve.max()
    assert 0.0 <= whole.under_water_time_fraction <= 1.0 + 1e-9


@settings(max_examples=80, deadline=None)
@given(values, st.floats(0.01, 1_000.0))
def test_size_of_the_account_changes_no_ratio(figures, factor):
    one, other = measured(*figures), measured(*[v * factor for v in figures])
    for name in ("sharpe", "sortino", "cagr_fraction", "max_drawdown_fraction"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-6, nan_ok=True)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.floats(1.0, 100.0), min_size=30, max_size=200), st.integers(0, 30))
def test_daily_returns_compound_to_the_total_return(figures, first_hour):
    index = hours(len(figures)) + pd.Timedelta(hours=first_hour)
    equity = pd.Series(figures, index=index)
    assert (1 + daily_returns(equity)).prod() == pytest.approx(figures[-1] / figures[0], rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(values)
def test_no_figure_is_ever_infinite(figures):
    numbers = [v for v in vars(measured(*figures)).values() if isinstance(v, float)]
    assert not any(math.isinf(v) for v in numbers)
