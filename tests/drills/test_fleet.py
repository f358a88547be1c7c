"""Two bots on one account of the exchange under one halt: a crash that neither alone would halt."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from plimsoll.lab.processes import command
from plimsoll.lab.telegram.service import telegram_service
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import serve_venue
from tests.drills.exchange_side import held
from tests.drills.scene import BTC, ETH, OWN_STRATEGIES, profile, status
from tests.support.drill import MARKET_ORDERS, STRATEGIES, Drill, DrillPlan

pytestmark = [pytest.mark.freqtrade, pytest.mark.slow]
PATIENCE = 400.0
TOGETHER = {"drawdown_reduce_fraction": 0.03, "drawdown_halt_fraction": 0.04}
"""Of all bots; a bot's own limits are wide: it loses some 3 % of the account."""


@contextmanager
def two_bots(folder: Path) -> Iterator[tuple[Drill, Drill]]:
    """Run two bots on one live account of a venue, each with a pair of its own."""
    fleet = {
        "name": "main",
        "bots": [
            {
                "name": "one",
                "userdir": "one/user_data",
                "config": ["one/drill.json", "venue-sim.json"],
            },
            {
                "name": "two",
                "userdir": "two/user_data",
                "config": ["two/drill.json", "venue-sim.json"],
            },
        ],
        "risk": profile(**TOGETHER),
        "max_report_age_seconds": 3600,
    }
    (folder / "fleet.json").write_text(json.dumps(fleet), encoding="utf-8")
    plans = {name: _plan(folder, name, pair) for name, pair in (("one", BTC), ("two", ETH))}
    arguments = ["--market", "synthetic", "--seed", "7", "--start", plans["one"].start]
    with (
        serve_venue([*arguments, "--symbols", f"{BTC},{ETH}"], folder=folder) as venue,
        telegram_service(folder / "telegram-one") as first,
        telegram_service(folder / "telegram-two") as second,
    ):
        bots = []
        for (name, plan), telegram in zip(plans.items(), (first, second), strict=True):
            bot = Drill(folder / name, plan, venue, telegram)
            bot.folder.mkdir()
            lay_out(bot.userdir)
            bot.configure({})
            place = bot.userdir / "strategies"
            place.mkdir(parents=True, exist_ok=True)
            for source in (*STRATEGIES.glob("*.py"), *OWN_STRATEGIES.glob("*.py")):
                shutil.copy(source, place / source.name)
            bots.append(bot)
        try:
            for bot in bots:
                bot.start(seconds=PATIENCE)
            yield bots[0], bots[1]
        finally:
            for bot in bots:
                bot.close()


def _plan(folder: Path, name: str, pair: str) -> DrillPlan:
    return DrillPlan(
        live=True,
        speed=1,  # nothing here waits for candles, and a signed question must not be late
        throttle_seconds=2,
        pairs=(pair,),
        risk=profile(),
        overlay={
            "bot_name": name,
            "exchange": {"pair_whitelist": [pair]},
            "order_types": {**MARKET_ORDERS, "stoploss_on_exchange": True},
            "plimsoll": {"fleet": {"file": str(folder / "fleet.json"), "bot": name}},
        },
    )


def of_fleet(folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Run a command on the whole fleet."""
    done = subprocess.run(
        [*(command("plimsoll"), *words, "--fleet", str(folder / "fleet.json"), "--json")],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


def is_halted(bot: Drill) -> bool:
    return any(" fleet: " in text for text in status(bot).get("held") or ())


def test_a_crash_halts_both_and_only_a_person_ends_it_for_both(tmp_path: Path) -> None:
    with two_bots(tmp_path) as (one, two):
        for bot in (one, two):
            bot.wait_for_positions(1, seconds=PATIENCE)
        for bot in (one, two):
            bot.wait_until(
                lambda bot=bot: status(bot).get("fleet", {}).get("equity_usd"),
                seconds=PATIENCE,
                what="the equity of both",
            )
            assert not [row for row in status(bot)["breaks"] if not row["settling"]]
        assert {symbol: amount > 0 for symbol, amount in held(one).items()} == {
            "BTCUSDT": True,
            "ETHUSDT": True,
        }
        one.move(-0.3, seconds=5)
        for bot in (one, two):
            bot.wait_until(lambda bot=bot: is_halted(bot), seconds=PATIENCE, what="a halt of both")
            bot.until_flat(seconds=PATIENCE)
        assert held(one) == {}
        for bot in (one, two):
            halts = bot.decisions("halt")
            assert [record["rule"] for record in halts] == ["fleet"], halts
            assert "drawdown" in halts[0]["reason"]
            assert [lock["pair"] for lock in bot.locks() if "HALTED fleet" in lock["reason"]]
            bot.telegram.wait_for("All bots together")
        code, told = of_fleet(tmp_path, "status")
        assert (code, told["mode"], len(told["halts"])) == (1, "HALTED", 1)
        assert told["drawdown_fraction"] > TOGETHER["drawdown_halt_fraction"]
        _is_halted_on_a_fresh_database(two)
        code, told = of_fleet(tmp_path, "resume", "--reason", "the crash is over")
        assert code == 0
        one.wait_until(lambda: not is_halted(one), seconds=PATIENCE, what="a re-arming of one")
        assert one.decisions("rearm")[-1]["reason"] == "the crash is over"


def _is_halted_on_a_fresh_database(bot: Drill) -> None:
    """The halt of a bot that has lost its own is the fleet's."""
    bot.kill9()
    bot.database = bot.folder / "fresh.sqlite"
    shutil.rmtree(bot.userdir / "plimsoll")
    bot.start(seconds=PATIENCE)
    bot.wait_until(lambda: is_halted(bot), seconds=PATIENCE, what="the halt beside nothing")
