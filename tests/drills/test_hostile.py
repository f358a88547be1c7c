"""A strategy's own code that takes its guards' means away: the halt closes all the same."""

from pathlib import Path

import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab.processes import last_line
from tests.drills.evidence import Broke, EvidenceFolder
from tests.drills.exchange_side import flat_there, seen
from tests.drills.scene import pass_time, profile, scene, state, status, stays_flat
from tests.support.drill import MARKET_ORDERS, Drill, DrillPlan

pytestmark = pytest.mark.freqtrade

WAYS = {
    "signals off": "`self.use_exit_signal = False` in `on_start`",
    "limit exits": "`self.order_types` with resting limit exits in `on_loop`",
    "callbacks": "`self.custom_exit`, `should_exit`, `confirm_trade_exit` set in `on_start`",
}


def _hostile(bot: Drill, way: str) -> str:
    """Start the bot with a strategy that does so; return why it was refused, or nothing."""
    (bot.userdir / "hostile").write_text(way, encoding="utf-8")
    try:
        bot.start()
    except PlimsollError as error:
        return str(error)
    return ""


@pytest.mark.slow
@pytest.mark.parametrize("live", [False, True], ids=["dry-run", "live"])
@pytest.mark.parametrize("way", WAYS)
def test_a_halt_closes_what_the_strategy_would_hold(
    tmp_path: Path, way: str, live: bool, save: EvidenceFolder
) -> None:
    run = "live" if live else "dry-run"
    overlay = {"order_types": {**MARKET_ORDERS, "stoploss_on_exchange": live}}
    plan = DrillPlan(strategy="HostileLong", overlay=overlay, risk=profile(), live=live)
    with scene(tmp_path, plan, start=False, faulty=True) as bot:
        refused, took = _hostile(bot, way), None
        halted = []
        if not refused:
            bot.wait_until(
                lambda: (
                    len(bot.trades()) == 2 or status(bot).get("mode") == "HALTED" or not bot.alive
                ),
                what="two positions, a halt at once or an end",
            )
        if not refused and not bot.alive:
            refused = last_line(bot.log)
        if not refused:
            pass_time(bot, loops=2)
            began = bot.now()
            state(bot).set_halt("drill")
            bot.wait_until(lambda: status(bot)["mode"] == "HALTED", what="a halt")
            took = flat_there(bot, since=began, seconds=20)
            halted = [one["rule"] for one in bot.decisions("halt")]
        what = {"refused": refused, "flat_seconds": took, "halted_by": halted, **seen(bot)}
    broke = Broke(
        case=3,
        key=f"3-{way.replace(' ', '-')}-{run}",
        name=WAYS[way],
        run=run,
        after="refused at the start" if refused else f"{what['mode']} by {', '.join(halted)}, flat",
        flat_seconds=took,
        observed=what,
    )
    save(broke.key, broke)
    assert refused or took is not None, what


@pytest.mark.slow
def test_strategy_code_that_unlocks_is_no_person(tmp_path: Path, save: EvidenceFolder) -> None:
    plan = DrillPlan(strategy="HostileLong", risk=profile())
    with scene(tmp_path, plan, start=False, faulty=True) as bot:
        assert not _hostile(bot, "unlocks")
        bot.wait_for_positions(2)
        state(bot).set_halt("drill")
        bot.wait_until(lambda: status(bot)["mode"] == "HALTED", what="a halt")
        took = flat_there(bot, since=bot.now())
        state(bot).clear_halt()
        pass_time(bot, loops=2)
        (bot.userdir / "unlock").touch()
        pass_time(bot, loops=12)
        what = {"flat_seconds": took, "rearmed": len(bot.decisions("rearm")), **seen(bot)}
        mode = status(bot)["mode"]
        if mode == "HALTED":
            stays_flat(bot, candles=1)
    broke = Broke(
        case=3,
        key="3-unlocks-dry-run",
        name="`self.unlock_pair('*')` in `on_loop`",
        run="dry-run",
        after=f"{mode}, the lock is put back",
        flat_seconds=took,
        observed=what,
    )
    save(broke.key, broke)
    assert mode == "HALTED", what
    assert what["rearmed"] == 0, what
