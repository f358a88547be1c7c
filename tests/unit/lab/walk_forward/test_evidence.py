"""What a walk-forward leaves: an account marked at every midnight, and its figures."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plimsoll.lab.walk_forward.evidence import (
    figures_of,
    marked_equity,
    out_of_sample,
    within,
    write,
)
from plimsoll.performance.windows import Span

FIRST, DAY, HOUR = (
    pd.Timestamp("2025-06-01", tz="UTC"),
    pd.Timedelta(days=1),
    pd.Timedelta(hours=1),
)
PAIR = "BTC/USDT:USDT"
SPAN = Span(FIRST, FIRST + 3 * DAY)


def candles(closes: list[float]) -> pd.DataFrame:
    dates = pd.date_range(FIRST, periods=len(closes), freq="h")
    return pd.DataFrame({"date": dates, "close": closes})


def trade(opened: int, closed: int, rate: float, left: float) -> dict[str, object]:
    """Ten coins bought at a rate and sold at another, hours after the start, for nothing."""
    return {
        "pair": PAIR,
        "is_short": False,
        "open_date": FIRST + opened * HOUR,
        "close_date": FIRST + closed * HOUR,
        "open_rate": rate,
        "close_rate": left,
        "amount": 10.0,
        "profit_abs": 10.0 * (left - rate),
        "fee_open": 0.0,
        "fee_close": 0.0,
        "funding_fees": 0.0,
        "leverage": 1.0,
        "stake_amount": 10.0 * rate,
    }


def test_an_open_loss_is_in_the_days_before_it_is_taken() -> None:
    closes = np.repeat([100.0, 80.0, 110.0], 24).tolist()
    trades = pd.DataFrame([trade(0, 71, 100.0, 110.0)])
    equity = marked_equity(trades, {PAIR: candles(closes)}, SPAN, 1000.0)
    assert equity.to_list() == [1000.0, 1000.0, 800.0, 1100.0]
    assert equity.index.to_list() == [FIRST + day * DAY for day in range(4)]


def test_without_a_trade_the_account_stands_still() -> None:
    nothing = pd.DataFrame([trade(0, 1, 1.0, 1.0)]).iloc[:0]
    equity = marked_equity(nothing, {PAIR: candles([100.0] * 72)}, SPAN, 1000.0)
    assert equity.to_list() == [1000.0] * 4


def test_a_day_is_from_midnight_to_midnight_and_the_last_one_ends_closed() -> None:
    equity = pd.Series([1000.0, 1010.0, 1020.0], index=[FIRST, FIRST + DAY, FIRST + 2 * DAY])
    told = out_of_sample(equity, SPAN, 999.0)
    assert told["days"] == 3
    np.testing.assert_allclose(told["daily_returns"], [0.01, 1020 / 1010 - 1, 999 / 1020 - 1])
    assert told["total_return_fraction"] == pytest.approx(-0.001)
    assert told["drawdown_fraction"] == pytest.approx(1 - 999 / 1020)


def test_an_account_that_stands_still_has_no_ratio() -> None:
    told = figures_of(pd.Series([0.0, 0.0]))
    assert told == {"total_return_fraction": 0.0, "sharpe": None, "drawdown_fraction": 0.0}


def test_a_loss_on_the_first_day_is_a_fall() -> None:
    assert figures_of(pd.Series([-0.1, 0.05]))["drawdown_fraction"] == pytest.approx(0.1)


def test_the_return_of_a_day_stands_at_its_end() -> None:
    returns = pd.Series([1.0, 2.0, 3.0], index=pd.date_range(FIRST + DAY, periods=3, freq="D"))
    assert within(returns, Span(FIRST + DAY, FIRST + 2 * DAY)).to_list() == [2.0]


def test_a_record_is_written_whole_and_without_what_json_has_not(tmp_path: Path) -> None:
    file = write(tmp_path, "a-run", {"nan": float("nan"), "number": np.float64(1.5), "rows": (1,)})
    assert json.loads(file.read_text(encoding="utf-8")) == {"nan": None, "number": 1.5, "rows": [1]}
    assert [one.name for one in file.parent.iterdir()] == ["a-run.json"]
