"""Every shipped protection in a plain strategy of somebody else's, under real freqtrade."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.plugins.protection import PROTECTIONS
from plimsoll.core import PlimsollError
from plimsoll.lab.expectation import expectation_of
from plimsoll.lab.results import find_result, read_backtest
from tests.compat.conftest import TIMERANGE, Workspace

pytestmark = pytest.mark.freqtrade

STRATEGY = '''
from freqtrade.strategy import IStrategy


class PlainWithGuards(IStrategy):
    """Somebody else's strategy: it trades often, and loses by its costs."""

    timeframe = "5m"
    minimal_roi = {{"0": 0.002}}
    stoploss = -0.002
    can_short = False
    protections = {protections}

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] < dataframe["open"], "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
'''
RISK = {
    "plimsoll": {
        "risk": {
            "max_trades_per_day": 8,
            "max_consecutive_losses": 3,
            "consecutive_losses_pause_hours": 2,
            "cooldown_seconds": 1200,
            "break_even_trades": 40,
        }
    }
}


def backtest(
    workspace: Workspace, *names: str, guards: str = "enforce"
) -> tuple[str, dict[str, Any]]:
    """Run the strategy with these protections; return the log and the result."""
    named = [{"method": name} for name in names]
    file = workspace.userdir / "strategies" / "PlainWithGuards.py"
    file.write_text(STRATEGY.format(protections=named), encoding="utf-8")
    risk = workspace.userdir / "config" / "guards.json"
    section = {**RISK["plimsoll"], "guards": guards}
    risk.write_text(json.dumps({"plimsoll": section}), encoding="utf-8")
    arguments = [*workspace.layers("mode-backtest.json", "guards.json"), "--timeframe", "5m"]
    arguments += ["--timerange", TIMERANGE, "--cache", "none", "--strategy", "PlainWithGuards"]
    output = workspace.run("backtesting", arguments)
    found = find_result(workspace.userdir / "backtest_results")
    return output, result_of(found)


def result_of(file: Path) -> dict[str, Any]:
    with zipfile.ZipFile(file) as archive:
        stats = json.loads(archive.read(f"{file.stem}.json"))
    return dict(stats["strategy"]["PlainWithGuards"])


def test_a_plain_strategy_is_held_by_all_of_them(workspace: Workspace) -> None:
    _, free = backtest(workspace, guards="off")
    output, held = backtest(workspace, *PROTECTIONS.values())
    flat = re.sub(r"\s+", " ", output)
    for name in PROTECTIONS.values():
        assert f"Using resolved protection {name} from '" in flat, name
    assert flat.count("native protections are asked only when a trade closes") == 1
    assert held["total_trades"] < free["total_trades"] / 2
    opened: dict[str, int] = {}
    for trade in held["trades"]:
        day = trade["open_date"][:10]
        opened[day] = opened.get(day, 0) + 1
    # Counted at each close: one more may be open than the limit says.
    assert max(opened.values()) <= 8 + 1
    reasons = {lock["reason"].split(":")[0] for lock in held["locks"]}
    assert {"Losses in a row", "Cooldown", "plimsoll HALTED break_even"} <= reasons
    assert len(held["locks"]) < held["total_trades"]
    with pytest.raises(PlimsollError, match=r"least 30 closed|positive mean profit of PlainWith"):
        expectation_of(read_backtest(workspace.userdir / "backtest_results"))
