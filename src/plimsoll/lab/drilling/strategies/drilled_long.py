"""Long on every pair at all times: a drill needs a position, not an edge."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from freqtrade.persistence import Trade

from plimsoll.bridge.account.live import LiveAccount
from plimsoll.core import ModelHealth
from plimsoll.features import volatility
from plimsoll.strategies import FeatureUse, GuardedStrategy, Side

BALANCE = LiveAccount._starting_balance  # noqa: SLF001 - where a real account goes blind


class DrilledLong(GuardedStrategy):
    """Enters after every candle; its stop is farther away than any guard's limit.

    In the user folder ``model.json`` says how often a model of it was right, ``leverage`` which
    one it wants, ``idle`` that it wants nothing,
    ``halve`` that it wants half of each position, ``trail`` that its stop follows the price,
    ``blind`` that the account's balance cannot be known.
    """

    timeframe = "5m"
    can_short = False
    stoploss = -0.99

    def features(self) -> list[FeatureUse]:
        """Return the one feature that its stop and target need."""
        return [volatility.atr.use(period=14)]

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        """Enter at once, unless it is idle."""
        idle = (Path(self.config["user_data_dir"]) / "idle").exists()
        return pd.Series(data=not idle, index=candles.index)

    def stop_distance(self) -> tuple[FeatureUse, float]:
        """Return a stop that no price reaches."""
        return volatility.atr.use(period=14), 10_000.0

    def trailing_distance(self) -> tuple[FeatureUse, float] | None:
        """Return a distance that ``stoploss`` cuts, where the stop is to follow the price."""
        trails = (Path(self.config["user_data_dir"]) / "trail").exists()
        return (volatility.atr.use(period=14), 10_000.0) if trails else None

    def target_distance(self) -> tuple[FeatureUse, float]:
        """Return a target that no price reaches."""
        return volatility.atr.use(period=14), 100.0

    def on_loop(self, now: datetime) -> None:
        """Tell of the model that the file names."""
        blind = (Path(self.config["user_data_dir"]) / "blind").exists()
        LiveAccount._starting_balance = self._no_balance if blind else BALANCE  # type: ignore[method-assign,assignment]  # noqa: SLF001
        file = Path(self.config["user_data_dir"]) / "model.json"
        models = (ModelHealth(**json.loads(file.read_text())),) if file.exists() else ()
        if self._session is not None:
            self._session.set_models(models)

    @staticmethod
    def _no_balance(*_: Any) -> float:
        raise ArithmeticError("no balance")

    def desired_leverage(self, pair: str, side: Side, now: datetime) -> float:
        """Return the leverage that the file names, else 1."""
        file = Path(self.config["user_data_dir"]) / "leverage"
        return float(file.read_text()) if file.exists() else 1.0

    def adjust_position(
        self, trade: Trade, now: datetime, price: float, profit_fraction: float
    ) -> float | None:
        """Take half off once, when it is asked to."""
        wanted = (Path(self.config["user_data_dir"]) / "halve").exists()
        return -trade.stake_amount / 2 if wanted and not trade.nr_of_successful_exits else None
