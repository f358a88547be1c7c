"""A strategy whose entries rest in the book."""

from datetime import datetime
from typing import Any

from AlwaysLong import AlwaysLong
from freqtrade.persistence import Trade


class RestingLong(AlwaysLong):
    """Bids 2 % below the market, so that nothing fills."""

    def custom_entry_price(
        self,
        pair: str,
        trade: Trade | None,
        current_time: datetime,
        proposed_rate: float,
        entry_tag: str | None,
        side: str,
        **kwargs: Any,
    ) -> float:
        return proposed_rate * 0.98
