"""``plimsoll compare``: what is asked for, what is shown, and its status."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from plimsoll.cli import app
from plimsoll.lab.compare import run
from plimsoll.lab.compare.contender import Contender, contender_from
from plimsoll.lab.compare.run import CompareOutcome, CompareRequest
from plimsoll.performance.comparison import compare
from tests.support.evidence import Evidence, edge


def contender(tmp_path: Path, strategy: str, mean: float) -> Contender:
    file = tmp_path / f"{strategy}.zip"
    file.write_bytes(Evidence(strategy=strategy, returns=edge(3, mean=mean)).result())
    return contender_from(file)


def outcome_of(tmp_path: Path, mean: float) -> CompareOutcome:
    """A candidate with that mean of daily returns against a baseline without any."""
    own, theirs = contender(tmp_path, "Mine", mean), contender(tmp_path, "SlowTrend", 0.0)
    days = pd.date_range("2024-09-01", periods=700, freq="D", tz="UTC")
    market = pd.Series(range(100, 800), index=days, dtype="float64")
    told = compare(own.returns, theirs.returns, trades=540, trials=7, market=market, windows=3)
    record = {"pairs": ["BTC/USDT:USDT"], "evidence": {"made_with": {"code": "c0de"}}}
    return CompareOutcome(record, told, own, theirs, tmp_path / "Mine.json", 12.0)


@pytest.fixture
def outcome(tmp_path: Path) -> CompareOutcome:
    return outcome_of(tmp_path, 0.003)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, outcome: CompareOutcome) -> list[CompareRequest]:
    """Requests that reach the lab, which answers `outcome`."""
    requests: list[CompareRequest] = []
    monkeypatch.setattr(
        run, "compare_strategies", lambda one, _: (requests.append(one), outcome)[1]
    )
    return requests


def test_what_is_not_ours_is_freqtrades(asked: list[CompareRequest]) -> None:
    words = ["compare", "--candidate", "Mine", "--baseline", "BuyAndHold", "--windows", "4"]
    words += ["--trials", "9", "-c", "a.json", "--timerange", "2024-", "--freqaimodel", "M"]
    assert CliRunner().invoke(app, words).exit_code == 0
    own = ("-c", "a.json", "--timerange", "2024-", "--freqaimodel", "M")
    assert asked == [CompareRequest(own, "Mine", "BuyAndHold", 4, 9)]


def test_the_verdict_and_how_sure_it_is_are_shown(asked: list[CompareRequest]) -> None:
    done = CliRunner().invoke(app, ["compare", "--candidate", "Mine"], env={"COLUMNS": "160"})
    assert asked == [CompareRequest((), "Mine", "SlowTrend", 6, 0)]
    assert "Mine adds value beyond SlowTrend." in done.output
    assert "after 7 trials." in done.output
    assert "BY THE MARKET'S STATE" in done.output
    assert done.exit_code == 0


def test_a_model_that_adds_nothing_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    worse = outcome_of(tmp_path, -0.001)
    monkeypatch.setattr(run, "compare_strategies", lambda *_: worse)
    done = CliRunner().invoke(app, ["compare", "--candidate", "Mine"])
    assert done.exit_code == 1
    assert "Mine does not add value beyond SlowTrend: it lost money" in done.output


def test_json_is_the_evidence_and_where_it_lies(asked: list[CompareRequest]) -> None:
    done = CliRunner().invoke(app, ["compare", "--candidate", "Mine", "--json"])
    told = json.loads(done.stdout)
    assert told["file"].endswith("Mine.json")
    assert told["pairs"] == ["BTC/USDT:USDT"]
