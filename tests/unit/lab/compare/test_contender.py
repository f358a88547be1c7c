"""A side of a comparison, from files and from Freqtrade itself."""

import json
from pathlib import Path

import pytest

from plimsoll.core import PlimsollError, UsageError
from plimsoll.lab.compare.contender import contender_by_freqtrade, contender_from
from tests.support.evidence import DAYS, Evidence
from tests.support.search_ground import SearchGround

EVIDENCE = Evidence()


def test_a_stored_backtest_gives_days_trades_and_terms(tmp_path: Path) -> None:
    file = tmp_path / "result.zip"
    file.write_bytes(EVIDENCE.result())
    made = contender_from(file)
    assert (made.strategy, made.trades, len(made.returns)) == ("Mine", DAYS, DAYS)
    assert made.terms["costs"] == {"fee_bps": 4}
    assert made.terms["guards"] == "enforce"
    assert made.daily_turnover == pytest.approx(2 * 180.0 / 100.0, rel=0.5)


def test_a_walk_forward_gives_its_tested_days(tmp_path: Path) -> None:
    file = tmp_path / "run-1.json"
    file.write_text(json.dumps(EVIDENCE.walk_forward()))
    (tmp_path / "run-1.zip").write_bytes(EVIDENCE.result())
    made = contender_from(file)
    assert made.returns.to_list() == pytest.approx(EVIDENCE.returns.tolist())


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected a result or a record at"):
        contender_from(tmp_path / "none.zip")


def test_days_without_open_positions_count_for_nothing(tmp_path: Path) -> None:
    file = tmp_path / "result.zip"
    file.write_bytes(EVIDENCE.result(marked=False))
    with pytest.raises(PlimsollError, match="counts for nothing: it does not say what"):
        contender_from(file)


def test_freqtrade_itself_trades_a_strategy(ground: SearchGround, tmp_path: Path) -> None:
    arguments = ground.arguments()
    own = arguments[: arguments.index("--strategy")]
    made = contender_by_freqtrade(
        "TrendFollow", [*own, "-i", "5m", "--timerange", "20250604-20250609"], tmp_path / "out"
    )
    assert made.strategy == "TrendFollow"
    assert made.trades > 0
    assert len(made.returns) == 6  # its last candle opens at the midnight that ends the timerange
    assert (tmp_path / "out" / "TrendFollow.log").is_file()


def test_what_freqtrade_refuses_is_one_line(ground: SearchGround, tmp_path: Path) -> None:
    arguments = ground.arguments()
    own = arguments[: arguments.index("--strategy")]
    with pytest.raises(PlimsollError, match="freqtrade backtesting failed"):
        contender_by_freqtrade("NoSuchStrategy", own, tmp_path)
