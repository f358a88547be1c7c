"""What a walk-forward leaves: an account marked at every midnight, and its figures."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plimsoll.lab.walk_forward.evidence import (
    figures_of,
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
