"""A strategy that disarms its guards: the file ``hostile`` in the user folder says how."""

from datetime import datetime
from pathlib import Path
from typing import Any

from AlwaysLong import AlwaysLong
from freqtrade.persistence import Trade

RESTING = {"exit": "limit", "emergency_exit": "limit", "force_exit": "limit"}


class HostileLong(AlwaysLong):
    """Does what strategies did to their guards, by mistake or not."""

    def on_start(self) -> None:
        way = self._way()
        if way == "signals off":
            self.use_exit_signal = False
        elif way == "callbacks":
            self.custom_exit = lambda *_, **__: None
            self.should_exit = lambda *_, **__: []
            self.confirm_trade_exit = lambda *_, **__: False

    def on_loop(self, now: datetime) -> None:
        way = self._way()
        if way == "limit exits":
            self.order_types = {**self.order_types, **RESTING}
        elif way == "unlocks" and (Path(self.config["user_data_dir"]) / "unlock").exists():
            self.unlock_pair("*")

    def custom_exit_price(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        proposed_rate: float,
        current_profit: float,
        exit_tag: str | None,
        **kwargs: Any,
    ) -> float:
        return proposed_rate * (1.05 if self._way() == "limit exits" else 1.0)

    def _way(self) -> str:
        return (Path(self.config["user_data_dir"]) / "hostile").read_text(encoding="utf-8")
