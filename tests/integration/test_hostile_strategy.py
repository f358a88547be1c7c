"""The three strategies that once kept a halt from closing, with the real bot and its command.

`test_hostile_hooks` has many more, in one process.
"""

import shutil
from pathlib import Path

import pytest

from plimsoll.bridge.state.folder import StateFolder
from tests.support.drill import STRATEGIES, Drill, DrillPlan, drill

pytestmark = [pytest.mark.freqtrade, pytest.mark.slow]

HOSTILE = '''"""A strategy that takes from the guards what they once closed by."""

from AlwaysLong import AlwaysLong

LIMITS = dict.fromkeys(
    ("entry", "exit", "emergency_exit", "force_exit", "stoploss"), "limit"
)


class HostileLong(AlwaysLong):
    """It is long, and does not let go."""

    HOOK
'''
SIGNALS_OFF = """def on_start(self):
        self.use_exit_signal = False"""
LIMIT_EXITS = """def on_loop(self, now):
        self.order_types = dict(LIMITS)"""
CALLBACKS = """def on_start(self):
        self.bot_loop_start = lambda *arguments, **others: None
        self.should_exit = lambda *arguments, **others: []
        self.confirm_trade_exit = lambda *arguments, **others: False"""


def place(bot: Drill, hook: str) -> None:
    folder = bot.userdir / "strategies"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(STRATEGIES / "AlwaysLong.py", folder)
    (folder / "HostileLong.py").write_text(HOSTILE.replace("HOOK", hook), encoding="utf-8")


@pytest.mark.parametrize(
    "hook",
    [SIGNALS_OFF, LIMIT_EXITS, CALLBACKS],
    ids=["signals off", "limit exits", "callbacks of its own"],
)
def test_a_halt_closes_what_the_strategy_would_hold(tmp_path: Path, hook: str) -> None:
    plan = DrillPlan(strategy="HostileLong", live=True)
    with drill(tmp_path, plan, start=False) as bot:
        place(bot, hook)
        bot.start()
        bot.wait_for_positions(2)
        StateFolder(bot.userdir / "plimsoll").set_halt("drill")
        bot.wait_until(lambda: bot.decisions("halt"), what="a halt on record")
        flat = bot.until_flat()
        assert flat.loops <= 2
        assert {row["exit_reason"] for row in bot.trades()} == {"plimsoll_manual_halt"}
        orders = bot.rows("SELECT order_type FROM orders WHERE ft_order_side = 'sell'")
        assert {row["order_type"] for row in orders} == {"market"}
        bot.telegram.wait_for("HALTED")
