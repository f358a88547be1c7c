"""What a walk-forward leaves: figures that its own wallet gives."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plimsoll.lab.walk_forward.evidence import (
    figures_of,
    out_of_sample,
    wallet_equity,
    within,
    write,
)
from plimsoll.performance.windows import Span

FIRST, DAY, HOUR = (
    pd.Timestamp("2025-06-01", tz="UTC"),
    pd.Timedelta(days=1),
    pd.Timedelta(hours=1),
)
SPAN = Span(FIRST, FIRST + 3 * DAY)


def wallet(balances: list[float]) -> pd.DataFrame:
    dates = pd.date_range(FIRST + HOUR, periods=len(balances), freq="h")
    return pd.DataFrame({"date": dates, "currency": "USDT", "rate": 1.0, "balance": balances})


def test_every_currency_of_a_moment_counts() -> None:
    coins = pd.DataFrame(
        {
            "date": [FIRST + HOUR] * 2,
            "currency": ["USDT", "BTC"],
            "rate": [1.0, 50.0],
            "balance": [900.0, 2.0],
        }
    )
    equity = wallet_equity(coins, FIRST, 1000.0)
    assert equity.to_list() == [1000.0, 1000.0]
    assert equity.index[0] == FIRST


def test_a_day_is_from_midnight_to_midnight_and_the_last_one_ends_closed() -> None:
    balances = np.repeat([1010.0, 1020.0, 990.0], 24)[:71].tolist()
    told = out_of_sample(wallet_equity(wallet(balances), FIRST, 1000.0), SPAN, 999.0)
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
