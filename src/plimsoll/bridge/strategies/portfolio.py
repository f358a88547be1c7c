"""A strategy that holds target weights.

This module defines the class and nothing else: hyperopt pickles a strategy's base modules by
value, so an enum or dataclass defined beside it would be another object in each worker.
"""

from datetime import datetime
from typing import Any

import pandas as pd
from freqtrade.enums import RunMode
from freqtrade.persistence import Trade

from plimsoll.bridge.strategies.panel import Panel
from plimsoll.bridge.strategies.panel_strategy import PanelStrategy
from plimsoll.bridge.strategies.readiness import days_until, made_up_panel
from plimsoll.bridge.strategies.trade_copies import spared
from plimsoll.core import Side
from plimsoll.features import FeatureUse
from plimsoll.signals.panels import Targets
from plimsoll.signals.rebalancing import change, worth_closing, worth_opening

ONE_DAY = pd.Timedelta(days=1)


class PortfolioStrategy(PanelStrategy):
    """Turns target weights of all pairs into entries, exits and changes of positions.

    A subclass has a parameter ``buffer`` and implements `targets`, a pure function of the panel.
    It is decided once a day, on what was known at 00:00 UTC, and traded on the candle that opens
    then: a flat pair is opened and a position changed when the difference exceeds ``buffer``
    full sizes, and a position closed when its target is zero or of the other side. A target of
    NaN is no opinion: nothing is done.

    ``stoploss`` is for the day when the market or the bot breaks; nothing enters again before the
    next decision.
    """

    timeframe = "1h"
    stoploss = -0.30
    use_custom_stoploss = False
    use_custom_roi = False
    least_startup_candles = 480
    buffer: Any

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._targets: tuple[Panel, Any, Targets] | None = None

    def targets(self, panel: Panel) -> Targets:
        """Return weights and full sizes, days × pairs, of what each day's close made known."""
        raise NotImplementedError

    def features(self) -> list[FeatureUse]:
        """Name no features: the panel is all that is looked at."""
        return []

    # What Freqtrade calls

    def populate_indicators(
        self, dataframe: pd.DataFrame, metadata: dict[str, Any]
    ) -> pd.DataFrame:
        """Add ``target_weight`` and ``full_size`` of the last day that had closed."""
        return self._with_targets(
            super().populate_indicators(dataframe, metadata), metadata["pair"]
        )

    def populate_entry_trend(
        self, dataframe: pd.DataFrame, metadata: dict[str, Any]
    ) -> pd.DataFrame:
        """Mark entries by the targets of the present parameters, with reasons in the tag."""
        pair = metadata["pair"]
        candles = self._with_targets(dataframe, pair)
        candles = super().populate_entry_trend(candles, metadata)
        reasons = self.current_targets().reasons
        if reasons is not None:
            sides = [f"enter_{side.value}" for side in Side]
            for row in candles.index[candles.reindex(columns=sides).eq(1).any(axis=1)]:
                day = self._day_known(candles["date"].loc[row] + self.candle_span())
                candles.loc[row, "enter_tag"] = reasons(day, pair)
        return candles

    def ready(self, candles: pd.DataFrame, pair: str) -> "pd.Series[bool]":
        """Return the rows on which there is an opinion about the pair."""
        return candles["target_weight"].notna()

    def days_needed(self) -> int | None:
        """Return the days up to the first opinion, by the present parameters."""
        pairs = self._reader.pairs(self.dp)
        weights = self.targets(made_up_panel(pairs, self.panel_timeframes)).weights
        daily = weights.notna().any(axis=1).groupby(pd.DatetimeIndex(weights.index).floor("D"))
        return days_until(daily.any())

    # What GuardedStrategy asks

    def on_start(self) -> None:
        """Let a backtest read the trade itself, not a copy with all its orders each candle."""
        unchanged = type(self).adjust_position is PortfolioStrategy.adjust_position
        if unchanged and self.config["runmode"] in (RunMode.BACKTEST, RunMode.HYPEROPT):
            hook = type(self).adjust_trade_position.__get__(self)
            self.adjust_trade_position = spared(hook)  # type: ignore[method-assign]

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        """Return the candles that close with the day, where a flat pair is to be opened."""
        closes = candles["date"] + self.candle_span()
        wanted = worth_opening(
            side, candles["target_weight"], candles["full_size"], buffer=self.buffer.value
        )
        return wanted & (closes == closes.dt.floor("D"))

    def exit_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        """Return where a position is to be closed, all day long."""
        return worth_closing(side, candles["target_weight"])

    def desired_stake(self, pair: str, side: Side, proposed_stake: float, now: datetime) -> float:
        """Return the target's value; 0 without one on this side."""
        weight, _ = self._of(pair, now)
        return max(0.0, weight * side.sign) * self.equity_usd(now) if weight == weight else 0.0

    def adjust_position(
        self, trade: Trade, now: datetime, price: float, profit_fraction: float
    ) -> float | None:
        """Return the stake that brings a position to its target, once a day."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        filled = trade.date_last_filled_utc
        if now - midnight >= self.candle_span() or (filled is not None and filled >= midnight):
            return None
        weight, full = self._of(trade.pair, now)
        equity = self.equity_usd(now)
        current = float(trade.amount) * price * (-1 if trade.is_short else 1)
        step = change(
            current=current, target=weight * equity, tolerance=self.buffer.value * full * equity
        )
        if step is None:
            return None
        wanted = abs(current + step) - abs(current)
        if wanted > 0:
            return wanted / float(trade.leverage)
        # Freqtrade takes off the share of the amount that this is of the stake at entry prices.
        return wanted / price * float(trade.stake_amount / trade.amount)

    # How

    def current_targets(self) -> Targets:
        """Return the targets by the present panel and parameters; computed once for each."""
        panel, values = self.panel(), self.parameter_values()
        if self._targets is None or self._targets[0] is not panel or self._targets[1] != values:
            self._targets = panel, values, self.targets(panel)
        return self._targets[2]

    def _with_targets(self, candles: pd.DataFrame, pair: str) -> pd.DataFrame:
        targets = self.current_targets()
        days = self._day_known(candles["date"] + self.candle_span())
        columns = {"target_weight": targets.weights, "full_size": targets.full_sizes}
        return candles.assign(
            **{
                name: frame[pair].reindex(days).to_numpy() if pair in frame else float("nan")
                for name, frame in columns.items()
            }
        )

    def _of(self, pair: str, now: datetime) -> tuple[float, float]:
        """Return weight and full size of a pair by the last day that has closed; NaN if unknown."""
        targets, day = self.current_targets(), self._day_known(pd.Timestamp(now))
        if pair not in targets.weights or day not in targets.weights.index:
            return float("nan"), float("nan")
        return float(targets.weights.loc[day, pair]), float(targets.full_sizes.loc[day, pair])

    def _day_known(self, moment: Any) -> Any:
        """Return the last day that had closed at a moment, or at each of many."""
        floored = moment.dt.floor("D") if isinstance(moment, pd.Series) else moment.floor("D")
        return floored - ONE_DAY
