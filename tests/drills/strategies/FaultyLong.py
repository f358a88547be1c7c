"""A strategy that fails on command: the file ``faults`` in the user folder names what raises."""

from datetime import datetime
from pathlib import Path
from typing import Any

from AlwaysLong import AlwaysLong
from freqtrade.persistence import Order, Trade

from plimsoll.bridge.account.live import LiveAccount
from plimsoll.core import Side

UPDATE = LiveAccount.update


class FaultyLong(AlwaysLong):
    """Raises in the hooks named, one a line; ``guards`` makes the guards' own loop raise."""

    def desired_stake(self, pair: str, side: Side, proposed_stake: float, now: datetime) -> float:
        self._fail("desired_stake")
        return proposed_stake

    def veto_entry(self, pair: str, side: Side, price: float, now: datetime) -> str | None:
        self._fail("veto_entry")
        return None

    def exit_reason(
        self, trade: Trade, now: datetime, price: float, profit_fraction: float
    ) -> str | None:
        self._fail("exit_reason")
        return None

    def veto_exit(self, trade: Trade, reason: str, now: datetime) -> bool:
        self._fail("veto_exit")
        return False

    def on_fill(self, trade: Trade, order: Order, now: datetime) -> None:
        self._fail("on_fill")

    def on_loop(self, now: datetime) -> None:
        LiveAccount.update = self._broken if self._is_set("guards") else UPDATE
        self._fail("on_loop")

    def _is_set(self, name: str) -> bool:
        file = Path(self.config["user_data_dir"]) / "faults"
        return file.exists() and name in file.read_text().split()

    def _fail(self, name: str) -> None:
        if self._is_set(name):
            raise ZeroDivisionError(name)

    @staticmethod
    def _broken(*_: Any) -> bool:
        raise ArithmeticError("no balance")
