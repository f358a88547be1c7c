"""What a portfolio holds, against what its targets promise."""

import json
from math import sqrt

import numpy as np
import pandas as pd
import pytest

from plimsoll.performance.equity import equity_curve
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.fills import no_trades
from plimsoll.performance.held import held, held_weights, promised, years_of
from tests.unit.performance.frames import BTC, ETH, hours, trade, trades_frame

DAYS = pd.date_range("2024-01-01", periods=200, freq="D", tz="UTC")


def _order(
    amount: float, price: float, at: pd.Timestamp, *, entry: bool = True
) -> dict[str, object]:
    return {
        "amount": amount,
        "safe_price": price,
        "ft_is_entry": entry,
        "order_filled_timestamp": at.timestamp() * 1000,
    }


def test_weights_are_signed_and_change_with_each_fill() -> None:
    index = hours(6)
    closes = pd.DataFrame({BTC: 10.0, ETH: 20.0}, index=index)
    long = trade(index[1], index[4], 10.0, 10.0, amount=3.0)
    long["orders"] = [
        _order(2.0, 10.0, index[1]),
        _order(1.0, 10.0, index[2]),
        _order(3.0, 10.0, index[4], entry=False),
    ]
    short = trade(index[3], None, 20.0, float("nan"), side="short", pair=ETH, orders=[])
    weights = held_weights(trades_frame(long, short), closes, pd.Series(100.0, index=index))
    assert weights[BTC].tolist() == pytest.approx([0, 0.2, 0.3, 0.3, 0, 0])
    assert weights[ETH].tolist() == pytest.approx([0, 0, 0, -0.2, -0.2, -0.2])


def test_gross_and_net_are_those_at_midnight_after_its_fills() -> None:
    index = hours(49)
    closes = pd.DataFrame({BTC: 10.0, ETH: 10.0}, index=index)
    trades = trades_frame(
        trade(index[24], index[48], 10.0, 10.0, amount=3.0),
        trade(index[24], index[47], 10.0, 10.0, amount=2.0, side="short", pair=ETH),
        trade(index[30], index[40], 10.0, 10.0, amount=9.0, side="short", pair=ETH),
    )
    book = held(trades, closes, pd.Series(100.0, index=index))
    assert book.days == 3
    assert book.mean_gross_fraction == pytest.approx(0.5 / 3)
    assert book.highest_gross_fraction == pytest.approx(0.5)
    assert (book.lowest_net_fraction, book.highest_net_fraction) == pytest.approx((0.0, 0.1))
    assert book.turnover_per_year == pytest.approx(2.8 * 365 / 2)


def test_a_span_counts_only_its_own_fills_and_midnights() -> None:
    index = hours(24 * 5 + 1)
    closes = pd.DataFrame({BTC: 10.0}, index=index)
    trades = trades_frame(trade(index[24], index[100], 10.0, 10.0, amount=4.0))
    equity = pd.Series(100.0, index=index)
    book = held(trades, closes, equity, since=index[48], until=index[96])
    assert (book.days, book.mean_gross_fraction) == (3, pytest.approx(0.4))
    assert book.turnover_per_year == 0.0
    assert held(trades, closes, equity).turnover_per_year == pytest.approx(0.8 * 365 / 5)


def test_what_is_held_exactly_has_the_volatility_that_its_targets_promise() -> None:
    random = np.random.default_rng(3)
    prices = 100 * np.exp(np.cumsum(random.normal(0, 0.001, (len(DAYS), 2)), axis=0))
    closes = pd.DataFrame(prices, DAYS, [BTC, ETH])
    targets = pd.DataFrame({BTC: 0.4, ETH: -0.3}, index=DAYS)
    amounts = 1000 * targets.iloc[0] / closes.iloc[0]
    trades = trades_frame(
        trade(DAYS[0], None, closes[BTC].iloc[0], np.nan, amount=amounts[BTC]),
        trade(
            DAYS[0],
            None,
            closes[ETH].iloc[0],
            np.nan,
            amount=-amounts[ETH],
            side="short",
            pair=ETH,
        ),
    )
    book = held(trades, closes, equity_curve(trades, closes, 1000.0))
    promise = promised(targets, closes)
    assert promise.annual_volatility_fraction == pytest.approx(
        book.annual_volatility_fraction, rel=0.03
    )
    assert promise.annual_volatility_fraction == pytest.approx(0.001 * 0.5 * sqrt(365), rel=0.15)
    assert book.mean_gross_fraction == pytest.approx(promise.mean_gross_fraction, rel=0.03)
    assert book.mean_net_fraction == pytest.approx(0.1, abs=0.02)
    assert (promise.lowest_net_fraction, promise.highest_net_fraction) == pytest.approx((0.1, 0.1))


def test_promised_turnover_is_the_trade_back_to_target() -> None:
    closes = pd.DataFrame({BTC: [10.0, 20.0, 20.0]}, index=DAYS[:3])
    book = promised(pd.DataFrame({BTC: [0.4, 0.4, 0.0]}, index=DAYS[:3]), closes)
    grown = 0.4 * 2 / 1.4
    assert book.turnover_per_year == pytest.approx((grown - 0.4 + 0.4) * 365 / 2)


def test_days_before_the_first_opinion_promise_nothing() -> None:
    weights = pd.DataFrame({BTC: [np.nan] * 100 + [0.5] * 100, ETH: np.nan}, index=DAYS)
    closes = pd.DataFrame({BTC: 10.0, ETH: np.nan}, index=DAYS)
    book = promised(weights, closes)
    assert (book.days, book.mean_gross_fraction, book.mean_net_fraction) == (100, 0.5, 0.5)
    nothing = promised(weights.iloc[:50], closes.iloc[:50])
    assert nothing.days == 0
    assert json.loads(json.dumps(nothing.as_record()))["mean_gross_fraction"] is None


def test_an_account_that_never_traded_holds_nothing() -> None:
    index = hours(49)
    book = held(no_trades(), pd.DataFrame(index=index), pd.Series(100.0, index=index))
    assert (book.days, book.highest_gross_fraction, book.turnover_per_year) == (3, 0.0, 0.0)


def test_a_span_without_equity_is_refused() -> None:
    index = hours(49)
    equity = pd.Series(100.0, index=index)
    with pytest.raises(MeasureError, match="two"):
        held(no_trades(), pd.DataFrame(index=index), equity, since=index[-1])


def test_years_of_a_span_are_its_calendar_years_and_none_is_shorter_than_a_day() -> None:
    start, end = pd.Timestamp("2022-11-05", tz="UTC"), pd.Timestamp("2024-01-01 05:00", tz="UTC")
    new_year = [pd.Timestamp(year, 1, 1, tz="UTC") for year in (2023, 2024)]
    assert years_of(start, end) == {2022: (start, new_year[0]), 2023: (new_year[0], new_year[1])}
    assert list(years_of(start, end + pd.Timedelta(days=1))) == [2022, 2023, 2024]
