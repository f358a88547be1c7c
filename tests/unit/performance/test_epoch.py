"""Losses of a hyperopt: the account of an epoch, and what it is worth."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.performance.deflated_sharpe import deflated_z, sharpe_evidence
from plimsoll.performance.epoch import (
    OVER_CEILING,
    TOO_FEW_TRADES,
    WORST,
    calmar_ceiling_loss,
    deflated_sharpe_loss,
    epoch_equity,
)
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.fills import no_trades
from plimsoll.performance.measures import daily_returns
from tests.unit.performance.frames import BTC, ETH, trade, trades_frame, utc

FIVE = pd.Timedelta(minutes=5)


def frames(closes: np.ndarray, *, start: str = "2024-01-01") -> dict[str, pd.DataFrame]:
    dates = pd.date_range(start, periods=len(closes), freq=FIVE, tz="UTC")
    return {BTC: pd.DataFrame({"date": dates, "close": closes})}


def days(returns: np.ndarray) -> "pd.Series[float]":
    """An account of 1000 USD with these daily returns."""
    values = 1000 * np.cumprod(np.concatenate([[1.0], 1 + returns]))
    return pd.Series(values, index=pd.date_range("2024-01-01", periods=len(values), tz="UTC"))


def many(count: int) -> pd.DataFrame:
    rows = [
        trade(utc("2024-01-02") + FIVE * i, utc("2024-01-03") + FIVE * i, 100, 100.1)
        for i in range(count)
    ]
    return trades_frame(*rows) if rows else no_trades()


# The account


def equity(closes: np.ndarray, trades: pd.DataFrame, *, start: str, end: str) -> "pd.Series[float]":
    return epoch_equity(
        trades, frames(closes), FIVE, start=utc(start), end=utc(end), starting_balance_usd=1000.0
    )


def test_an_open_position_counts_before_it_is_closed() -> None:
    closes = np.full(288, 100.0)
    closes[144:216] = 90.0
    held = trades_frame(trade(utc("2024-01-01 06:00"), utc("2024-01-01 20:00"), 100, 100))
    curve = equity(closes, held, start="2024-01-01", end="2024-01-01 23:55")
    assert curve.min() == 990
    assert curve.iloc[-1] == 1000
    assert curve.index[-1] == utc("2024-01-02")


def test_the_warm_up_before_the_first_traded_candle_is_left_out() -> None:
    curve = equity(
        np.full(288, 100.0), no_trades(), start="2024-01-01 12:00", end="2024-01-01 23:55"
    )
    assert curve.index[0] == utc("2024-01-01 13:00")
    assert len(curve) == 12


def test_a_span_that_ends_within_the_hour_is_valued_at_its_end() -> None:
    closes = np.full(288, 100.0)
    closes[150:] = 110.0
    held = trades_frame(trade(utc("2024-01-01 06:00"), utc("2024-01-01 12:35"), 100, 110))
    curve = equity(closes, held, start="2024-01-01", end="2024-01-01 12:30")
    assert curve.index[-1] == utc("2024-01-01 12:35")
    assert curve.iloc[-1] == 1010
    assert curve.index.is_monotonic_increasing
    assert curve.index.is_unique


def test_pairs_that_begin_later_are_valued_once_they_trade() -> None:
    late = pd.DataFrame(
        {"date": pd.date_range("2024-01-01 12:00", periods=144, freq=FIVE, tz="UTC"), "close": 50.0}
    )
    both = {**frames(np.full(288, 100.0)), ETH: late}
    held = trades_frame(trade(utc("2024-01-01 13:00"), utc("2024-01-01 20:00"), 50, 60, pair=ETH))
    curve = epoch_equity(
        held,
        both,
        FIVE,
        start=utc("2024-01-01"),
        end=utc("2024-01-01 23:55"),
        starting_balance_usd=1000.0,
    )
    assert curve.iloc[-1] == 1010


def test_an_epoch_without_candles_is_an_error() -> None:
    with pytest.raises(MeasureError, match="needs candles"):
        epoch_equity(
            no_trades(),
            {},
            FIVE,
            start=utc("2024-01-01"),
            end=utc("2024-01-02"),
            starting_balance_usd=1.0,
        )


# Deflated Sharpe


def test_the_loss_is_minus_the_deflated_z_of_the_days() -> None:
    account = days(np.random.default_rng(1).normal(0.002, 0.01, 200))
    evidence = sharpe_evidence(daily_returns(account).to_numpy())
    assert evidence is not None
    assert deflated_sharpe_loss(account, trials=50) == -deflated_z(evidence, trials=50)


def test_more_epochs_make_the_same_account_worth_less() -> None:
    account = days(np.random.default_rng(1).normal(0.002, 0.01, 200))
    assert deflated_sharpe_loss(account, trials=10) < deflated_sharpe_loss(account, trials=1000)


@pytest.mark.parametrize(
    "account",
    [days(np.full(5, 0.01)), days(np.zeros(100)), days(np.array([0.1] * 40 + [-1.5]))],
    ids=["too short", "never traded", "bankrupt"],
)
def test_an_account_that_proves_nothing_has_the_worst_loss(account: "pd.Series[float]") -> None:
    assert deflated_sharpe_loss(account, trials=10) == WORST


# Calmar under a ceiling


def test_growth_over_the_deepest_fall() -> None:
    account = days(np.array([0.10, -0.10] + [0.0005] * 363))
    growth = float(account.iloc[-1] / account.iloc[0]) - 1
    assert calmar_ceiling_loss(account, many(30)) == pytest.approx(-growth / 0.10, rel=1e-6)


def test_a_drawdown_exactly_at_the_ceiling_is_allowed_and_one_beyond_is_not() -> None:
    account = days(np.array([0.0, -0.25, *[0.01] * 363]))
    assert calmar_ceiling_loss(account, many(30), ceiling_fraction=0.25) < 0
    assert calmar_ceiling_loss(account, many(30), ceiling_fraction=0.2499) > OVER_CEILING


def test_a_deeper_fall_beyond_the_ceiling_is_worse() -> None:
    losses = [
        calmar_ceiling_loss(days(np.array([0.0, -fall, *[0.01] * 100])), many(30))
        for fall in (0.10, 0.21, 0.40, 0.90)
    ]
    assert losses == sorted(losses)
    assert losses[0] < 0 < OVER_CEILING < losses[1]


def test_too_few_trades_are_worse_than_any_drawdown_and_better_the_more_there_are() -> None:
    account = days(np.full(100, 0.01))
    few = [calmar_ceiling_loss(account, many(count)) for count in (0, 15, 29, 30)]
    assert few == sorted(few, reverse=True)
    assert few[2] > TOO_FEW_TRADES
    assert few[3] < 0


def test_an_account_that_never_fell_is_not_endlessly_good() -> None:
    account = days(np.full(365, 0.001))
    growth = float(account.iloc[-1] / account.iloc[0]) - 1
    assert calmar_ceiling_loss(account, many(30)) == pytest.approx(-growth / 0.01, rel=1e-6)


def test_an_open_trade_does_not_count_as_one() -> None:
    trades = pd.concat([many(29), trades_frame(trade(utc("2024-01-02"), None, 100, 100))])
    account = days(np.full(100, 0.001))
    assert calmar_ceiling_loss(account, trades) > TOO_FEW_TRADES


def test_a_bankrupt_account_is_beyond_the_ceiling() -> None:
    account = days(np.array([0.1] * 40 + [-1.5]))
    assert calmar_ceiling_loss(account, many(30)) > OVER_CEILING
