"""A strategy with an exit that rests in the book."""

from datetime import datetime
from typing import Any

from AlwaysLong import AlwaysLong
from freqtrade.persistence import Trade


class TakeProfitLong(AlwaysLong):
    """Offers each position 2 % above the market as soon as it is open."""

    def exit_reason(
        self, trade: Trade, now: datetime, price: float, profit_fraction: float
    ) -> str | None:
        return "take_profit"

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
        return proposed_rate * (1.02 if exit_tag == "take_profit" else 1.0)
