"""A replay is refused where its candles end before it does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from plimsoll.core import UsageError
from plimsoll.lab.replay import run_replay
from plimsoll.lab.replay_data import require_candles
from plimsoll.lab.replay_plan import ReplayPlan

BEGIN = datetime(2025, 4, 7, tzinfo=UTC)


@pytest.fixture
def plan(tmp_path: Path) -> ReplayPlan:
    """A plan of two days with just these two days of hourly candles of one of its pairs."""
    dates = pd.date_range(BEGIN - timedelta(days=2), periods=96, freq="1h")
    frame = pd.DataFrame({"date": dates, **dict.fromkeys(("open", "high", "low", "close"), 100.0)})
    (tmp_path / "data" / "futures").mkdir(parents=True)
    file = tmp_path / "data" / "futures" / "BTC_USDT_USDT-1h-futures.feather"
    frame.assign(volume=1.0).to_feather(file)
    end = BEGIN + timedelta(days=2)
    return ReplayPlan("Mine", BEGIN, end, market="replay", datadir=tmp_path / "data")


def test_candles_up_to_the_end_are_enough(plan: ReplayPlan) -> None:
    require_candles(plan)
    require_candles(replace(plan, timeframe="5m"))


def test_candles_that_end_before_are_refused_and_nothing_is_left(
    plan: ReplayPlan, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="end at 2025-04-09 00:00"):
        run_replay(replace(plan, end=plan.end + timedelta(days=1)), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_span_beyond_all_candles_is_refused(plan: ReplayPlan) -> None:
    later = replace(plan, begin=plan.end + timedelta(days=5), end=plan.end + timedelta(days=6))
    with pytest.raises(UsageError, match="found none"):
        require_candles(later)


def test_a_synthetic_market_has_candles_for_ever(plan: ReplayPlan) -> None:
    require_candles(replace(plan, market="synthetic", end=plan.end + timedelta(days=900)))
