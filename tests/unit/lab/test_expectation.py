"""``plimsoll expectation``: figures, the file a bot reads, refusals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab.expectation import LEAST_TRADES, expectation_of
from plimsoll.lab.results import BacktestResult

PROFITS = [0.02, -0.01] * 20


def result(profits: list[float], *, forced: int = 0) -> BacktestResult:
    reasons = ["exit_signal"] * (len(profits) - forced) + ["force_exit"] * forced
    return BacktestResult(
        path=Path("backtest-result-2024.zip"),
        strategy="Earns",
        timerange="20240101-20240301",
        timeframe="5m",
        start=pd.Timestamp("2024-01-01", tz="UTC"),
        end=pd.Timestamp("2024-03-01", tz="UTC"),
        pairs=("BTC/USDT:USDT",),
        starting_balance_usd=1000.0,
        final_balance_usd=1100.0,
        trades=pd.DataFrame({"profit_ratio": profits, "exit_reason": reasons}),
        fee_fraction=0.0007,
        config={"plimsoll": {"code_fingerprint": "abc"}},
    )


def test_the_figures_are_those_of_the_trades() -> None:
    found = expectation_of(result(PROFITS))
    assert found.trades == 40
    assert found.mean_profit_fraction == pytest.approx(0.005)
    assert found.profit_std_fraction == pytest.approx(np.std(PROFITS, ddof=1))
    assert found.win_rate_fraction == 0.5


def test_the_source_names_strategy_span_file_and_code() -> None:
    source = expectation_of(result(PROFITS)).source
    for part in ("Earns", "5m", "2024-01-01 to 2024-03-01", "backtest-result-2024.zip", "abc"):
        assert part in source


def test_trades_that_the_end_of_the_data_closed_are_left_out() -> None:
    found = expectation_of(result([*PROFITS, 9.0], forced=1))
    assert found == expectation_of(result(PROFITS))


def test_thirty_trades_are_enough_and_twenty_nine_are_not() -> None:
    assert expectation_of(result(PROFITS[:LEAST_TRADES])).trades == 30
    with pytest.raises(PlimsollError, match=r"expected at least 30 closed trades of Earns .*29"):
        expectation_of(result([*PROFITS[:29], 1.0], forced=1))


@pytest.mark.parametrize(
    ("profits", "said"),
    [
        ([0.01, -0.01] * 20, "positive mean profit"),
        ([-0.01] * 40, "positive mean profit"),
        ([0.01] * 40, "spread 0.000%"),
        ([*PROFITS, float("nan")], "finite"),
    ],
)
def test_what_promises_nothing_is_refused(profits: list[float], said: str) -> None:
    with pytest.raises(PlimsollError, match=said):
        expectation_of(result(profits))
