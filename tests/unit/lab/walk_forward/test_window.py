"""One window of a walk-forward."""

from pathlib import Path

import pandas as pd
import pytest

from plimsoll.lab.search.epochs import Epochs
from plimsoll.lab.search.identity import identity_of
from plimsoll.lab.walk_forward.window import (
    Ground,
    equity_of,
    returns_of,
    sharpe_of,
    trade_in_turn,
)
from plimsoll.performance.measures import daily_returns, performance
from plimsoll.performance.windows import Span
from tests.unit.lab.search.test_epochs import PARAMS

FIRST, DAY = pd.Timestamp("2025-06-05", tz="UTC"), pd.Timedelta(days=1)


@pytest.fixture
def windows_ground(epochs: Epochs, tmp_path: Path) -> Ground:
    """What the windows stand on."""
    identity = identity_of(epochs, "d")
    return Ground(epochs.pristine, epochs.exchange, identity, tmp_path, 1)


def test_days_are_those_of_the_account_at_every_hour(epochs: Epochs) -> None:
    hourly, trades = equity_of(epochs, PARAMS, every="1h")
    returns = returns_of(epochs, PARAMS)
    pd.testing.assert_series_equal(
        returns, daily_returns(hourly), check_freq=False, check_index_type=False
    )
    assert sharpe_of(epochs, PARAMS) == pytest.approx(performance(hourly, trades).sharpe)


def test_each_test_begins_with_what_the_one_before_left(windows_ground: Ground) -> None:
    spans = [Span(FIRST, FIRST + 2 * DAY), Span(FIRST + 2 * DAY, FIRST + 4 * DAY)]
    wallets, trades = trade_in_turn(windows_ground, [*spans, spans[1]], [PARAMS, None, PARAMS])
    assert wallets[0] == 10_000.0
    first = float(trades[0]["profit_abs"].sum())
    assert len(trades[0]) > 0
    assert wallets[1] == pytest.approx(10_000.0 + first, abs=1e-6)
    assert wallets[2] == wallets[1]  # a window without a winner leaves it as it is
    assert set(trades) == {0, 2}
