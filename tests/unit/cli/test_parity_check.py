"""What ``plimsoll parity --check`` was asked, as a plan."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from plimsoll.cli.parity_check import Asked, _plan, span_of
from plimsoll.core import UsageError
from tests.conftest import ROOT


def asked(**more) -> Asked:
    given = {
        "strategy": "SlowTrend",
        "timerange": "20250401-20250403",
        "strategy_path": None,
        "layers": (),
        "pairs": "BTC,ETH",
        "market": "synthetic",
        "datadir": None,
        "seed": 7,
        "out": Path("out"),
        **more,
    }
    return Asked(**given)


def test_a_shipped_strategy_is_run_on_its_own_timeframe():
    plan = _plan(asked())

    assert plan.timeframe == "4h"
    assert plan.strategy_path is None
    assert plan.pairs == ("BTC/USDT:USDT", "ETH/USDT:USDT")


def test_a_strategy_of_one_s_own_is_found_in_its_folder():
    folder = ROOT / "tests" / "foreign" / "strategies"
    plan = _plan(asked(strategy="EmaCrossRoi", strategy_path=folder))

    assert plan.timeframe == "5m"
    assert plan.strategy_path == folder


@pytest.mark.parametrize(
    ("strategy", "adjusts"),
    [("DcaLadder", True), ("EmaCrossRoi", False), ("TrendPortfolio", False)],
)
def test_a_bot_looks_more_often_for_a_strategy_that_adjusts_by_price(strategy, adjusts):
    folder = None if strategy == "TrendPortfolio" else ROOT / "tests" / "foreign" / "strategies"

    assert _plan(asked(strategy=strategy, strategy_path=folder)).adjusts is adjusts


def test_a_strategy_that_nobody_has_is_refused():
    with pytest.raises(UsageError, match="Nobodys"):
        _plan(asked(strategy="Nobodys"))


def test_the_end_of_a_span_is_excluded():
    assert span_of("20250401-20250403") == (
        datetime(2025, 4, 1, tzinfo=UTC),
        datetime(2025, 4, 3, tzinfo=UTC),
    )


@pytest.mark.parametrize("text", [None, "", "20250401", "20250401-", "2025-04-01", "x-y"])
def test_a_span_that_is_none_is_refused(text):
    with pytest.raises(UsageError, match="20250401-20250415"):
        span_of(text)
