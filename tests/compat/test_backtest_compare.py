"""The same backtest without guards and with them, through the real commands."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab.backtest_compare import compare_guards
from plimsoll.lab.processes import command
from plimsoll.lab.results import read_backtest
from plimsoll.performance.guard_acts import GuardActs
from tests.compat.conftest import TIMERANGE, Workspace


@pytest.mark.freqtrade
def test_one_strategy_is_run_off_and_on_and_both_results_are_kept(
    workspace: Workspace, tmp_path: Path
) -> None:
    layer = tmp_path / "nervous.json"
    risk = {"drawdown_reduce_fraction": 0.001, "drawdown_halt_fraction": 0.002}
    layer.write_text(json.dumps({"plimsoll": {"risk": risk}}), encoding="utf-8")
    arguments = [*workspace.layers("mode-backtest.json"), "-c", str(layer)]
    arguments += ["--strategy", "TrendFollow", "--timerange", TIMERANGE]
    said: list[str] = []
    (compared,) = compare_guards(arguments, keep=tmp_path / "kept", say=said.append)
    bare, guarded = compared.figures["off"], compared.figures["enforce"]
    assert guarded.trades < bare.trades
    assert guarded.days_halted
    assert guarded.worst_drawdown_fraction < bare.worst_drawdown_fraction
    assert compared.cost.net_usd == pytest.approx(guarded.profit_usd - bare.profit_usd, abs=0.01)
    assert [one.split(":")[0] for one in said] == ["1 of 2", "2 of 2"]
    kept = {guards: read_backtest(file) for guards, file in compared.files.items()}
    acts = {guards: one.acts for guards, one in kept.items()}
    assert isinstance(acts["off"], GuardActs)
    assert (acts["off"].guards, len(kept["off"].trades)) == ("off", bare.trades)
    assert compared.acts == acts["enforce"]
    ran = subprocess.run(
        [command("plimsoll"), *shlex.split(compared.report)[1:], "--out", str(tmp_path / "out")],
        cwd=Path.cwd(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "Guards off against" in page


@pytest.mark.freqtrade
def test_a_run_that_fails_says_so_with_its_log(workspace: Workspace, tmp_path: Path) -> None:
    layers = workspace.layers("mode-backtest.json")
    with pytest.raises(PlimsollError, match=r"freqtrade backtesting failed"):
        compare_guards([*layers, "--strategy", "Nobody"], keep=tmp_path)
