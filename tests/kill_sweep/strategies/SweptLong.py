"""A strategy that does what the file ``wanted`` in the user folder says: the sweep steers it."""

from datetime import datetime
from pathlib import Path

import pandas as pd
from freqtrade.persistence import Trade

from plimsoll.features import volatility
from plimsoll.strategies import FeatureUse, GuardedStrategy, Side


class SweptLong(GuardedStrategy):
    """Long while it says ``enter``; halves each position on ``trim``, closes them on ``leave``."""

    timeframe = "5m"
    can_short = False
    stoploss = -0.99

    def features(self) -> list[FeatureUse]:
        return [volatility.atr.use(period=14)]

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return pd.Series(data=True, index=candles.index)

    def stop_distance(self) -> tuple[FeatureUse, float]:
        return volatility.atr.use(period=14), 10_000.0

    def veto_entry(self, pair: str, side: Side, price: float, now: datetime) -> str | None:
        return None if self._wanted() == "enter" else "nothing is wanted"

    def adjust_position(
        self, trade: Trade, now: datetime, price: float, profit_fraction: float
    ) -> float | None:
        if self._wanted() != "trim" or trade.nr_of_successful_exits:
            return None
        return -trade.stake_amount / 2

    def exit_reason(
        self, trade: Trade, now: datetime, price: float, profit_fraction: float
    ) -> str | None:
        return "left" if self._wanted() == "leave" else None

    def _wanted(self) -> str:
        file = Path(self.config["user_data_dir"]) / "wanted"
        return file.read_text(encoding="utf-8") if file.exists() else ""
