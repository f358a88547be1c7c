"""What the shipped losses read from what Freqtrade hands them."""

from typing import Any

import pandas as pd
import pytest

from plimsoll.bridge.plugins.hyperopt_loss import count_of_trials, equity_of
from plimsoll.core import PlimsollError
from plimsoll.performance.epoch import epoch_equity
from tests.conftest import random_candles

PAIR = "BTC/USDT:USDT"


def known(timeframe: str, candles: pd.DataFrame) -> dict[str, Any]:
    return {
        "processed": {PAIR: candles},
        "config": {"timeframe": timeframe},
        "min_date": candles["date"].iloc[0].to_pydatetime(),
        "max_date": candles["date"].iloc[-1].to_pydatetime(),
        "starting_balance": 1000.0,
    }


def trade(candles: pd.DataFrame, opened: int, closed: int) -> pd.DataFrame:
    prices = candles["open"]
    amount = 1000.0 / prices[opened]
    fees = 0.001 * amount * (prices[opened] + prices[closed])
    row = {
        "pair": PAIR,
        "open_date": candles["date"][opened],
        "close_date": candles["date"][closed],
        "open_rate": prices[opened],
        "close_rate": prices[closed],
        "amount": amount,
        "stake_amount": 1000.0,
        "leverage": 1.0,
        "is_short": False,
        "fee_open": 0.001,
        "fee_close": 0.001,
        "funding_fees": 0.0,
        "profit_abs": amount * (prices[closed] - prices[opened]) - fees,
        "orders": [],
    }
    return pd.DataFrame([row])


@pytest.mark.parametrize(("timeframe", "rule"), [("5m", "5min"), ("1h", "1h")])
def test_the_account_is_valued_over_the_whole_span_at_the_candles_length(
    timeframe: str, rule: str
) -> None:
    candles = random_candles(600, timeframe=rule)
    trades = trade(candles, 100, 400)
    given = known(timeframe, candles)
    equity = equity_of(trades, given)
    assert equity.iloc[0] == 1000.0
    assert equity.index[-1] == candles["date"].iloc[-1] + pd.Timedelta(rule)  # its close
    assert equity.iloc[-1] == pytest.approx(1000.0 + trades["profit_abs"].iloc[0])
    expected = epoch_equity(
        trades,
        given["processed"],
        pd.Timedelta(rule),
        start=candles["date"].iloc[0],
        end=candles["date"].iloc[-1],
        starting_balance_usd=1000.0,
    )
    pd.testing.assert_series_equal(equity, expected)


@pytest.mark.parametrize(
    ("config", "trials"),
    [
        ({"epochs": 200}, 200),
        ({"epochs": 200, "plimsoll": {"trials_before": 50}}, 250),
        ({}, 1),
        ({"epochs": None}, 1),
        ({"epochs": 0, "plimsoll": {"trials_before": 3}}, 4),
    ],
)
def test_trials_are_the_epochs_asked_for_and_those_before(
    config: dict[str, Any], trials: int
) -> None:
    assert count_of_trials(config) == trials


def test_a_section_that_is_not_valid_is_no_guess() -> None:
    with pytest.raises(PlimsollError, match="trials_before"):
        count_of_trials({"epochs": 10, "plimsoll": {"trials_before": -1}})
