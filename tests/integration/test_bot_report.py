"""The report of a real dry-run bot: while it runs, and after it was killed."""

import csv
import json
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from plimsoll.lab.processes import command
from tests.support.drill import Drill, DrillPlan, drill
from tests.unit.reporting.runs import active_parts

RISK = {
    "max_risk_per_trade_fraction": 0.05,
    "fixed_risk_fraction": 0.05,
    "drawdown_reduce_fraction": 0.006,
    "drawdown_halt_fraction": 0.01,
    "terminal_drawdown_fraction": None,
    "max_daily_loss_fraction": 0.1,
    "max_daily_loss_usd": None,
}


def _report(bot: Drill, out: Path) -> dict[str, Any]:
    """Run the command beside the bot, as a person does, and return its figures."""
    words = ["--db", str(bot.database), "--userdir", str(bot.userdir), "-o", str(out), "--json"]
    ran = subprocess.run(
        [command("plimsoll"), "report", *words], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.freqtrade
def test_a_running_bot_that_is_halted_and_killed_tells_the_same(tmp_path: Path) -> None:
    with drill(tmp_path, DrillPlan(risk=RISK)) as bot:
        bot.wait_for_positions(2)
        _running(bot, tmp_path / "running")
        bot.move(-0.08, seconds=60)
        bot.until_flat()
        bot.wait_until(lambda: bot.decisions("halt"), what="a halt on record")
        bot.wait_until(lambda: len(bot.decisions("exit")) == 2, what="two exits on record")
        bot.kill9()
        _killed(bot, tmp_path / "killed")
        _digested(bot, tmp_path / "digests")
        _journalled(bot)


def _running(bot: Drill, out: Path) -> None:
    figures = _report(bot, out)["strategies"][bot.plan.strategy]
    assert figures["closed_trades"] == 0
    assert figures["fees_paid_usd"] > 0.0
    assert {row["is_open"] for row in _rows(out, "trades.csv")} == {"1"}
    assert "still open" in (out / "report.html").read_text(encoding="utf-8")


def _killed(bot: Drill, out: Path) -> None:
    before = bot.database.read_bytes()
    record = _report(bot, out)
    assert bot.database.read_bytes() == before
    assert record["market_kind"] == "simulated"
    figures = record["strategies"][bot.plan.strategy]
    closed = bot.trades(is_open=False)
    profit = sum(trade["close_profit_abs"] for trade in closed)
    assert figures["closed_trades"] == len(closed) == 2
    assert figures["final_equity_usd"] - figures["initial_equity_usd"] == pytest.approx(profit)
    halt = bot.decisions("halt")[0]
    acts = _rows(out, "acts.csv")
    events = [act["event"] for act in acts]
    assert (events.count("halted"), events.count("closed")) == (1, 2)
    assert acts[events.index("halted")]["rule"] == halt["rule"] == "drawdown"
    _equity_shows_the_open_loss(halt, out)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "guard drawdown" in page
    assert active_parts(page) == []


def _ran(bot: Drill, *words: str) -> dict[str, Any]:
    named = ["--db", str(bot.database), "--userdir", str(bot.userdir), "--json"]
    ran = subprocess.run(
        [command("plimsoll"), *words, *named], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))


def _digested(bot: Drill, out: Path) -> None:
    """The day's digest of a real bot: its causes, its halt, its candles, its slippage."""
    before, day = bot.database.read_bytes(), bot.plan.start[:10]
    record = _ran(bot, "digest", "--daily", "--of", day, "-o", str(out))
    assert bot.database.read_bytes() == before
    closed = bot.trades(is_open=False)
    causes = record["causes"]
    assert causes["made_usd"] == pytest.approx(sum(one["close_profit_abs"] for one in closed))
    assert causes["other_usd"] == pytest.approx(0.0, abs=0.01)
    assert causes["fees_usd"] < 0.0
    assert record["trades"] == {"opened": 2, "closed": 2, "won": 0, "still_open": 0}
    assert record["drawdown_fraction"] > 0.01
    events = [act["event"] for act in record["guards"]["acts"]]
    assert (events.count("halted"), events.count("closed")) == (1, 2)
    assert record["slippage"]["now"]["priced"] == record["slippage"]["now"]["fills"] == 4
    assert 0.0 < record["operation"]["up_fraction"] < 0.5  # it was killed in the afternoon
    assert record["operation"]["missed"] > 0
    assert record["log_head"] == bot.decisions()[-1]["hash"]
    page = (out / f"daily-{day}.html").read_text(encoding="utf-8")
    assert "Simulated market" in page
    assert active_parts(page) == []


def _journalled(bot: Drill) -> None:
    record = _ran(bot, "journal")
    assert record["log"]["head"] == bot.decisions()[-1]["hash"]
    hashes = {one["hash"] for one in bot.decisions()}
    assert len(record["trades"]) == 2
    for trade in record["trades"]:
        assert "drawdown" in trade["why_left"]
        kinds = [one["kind"] for one in trade["records"]]
        assert {"signal", "order", "fill"} <= set(kinds)
        assert kinds[-1] == "exit"
        assert {one["hash"] for one in trade["records"]} <= hashes


def _equity_shows_the_open_loss(halt: dict[str, Any], out: Path) -> None:
    """The halt's own record is the account's value at its moment, before anything was closed."""
    at = pd.Timestamp(datetime.fromisoformat(halt["at"]))
    known = {pd.Timestamp(row["at"]): float(row["equity_usd"]) for row in _rows(out, "equity.csv")}
    assert known[at] == pytest.approx(halt["equity_usd"])
