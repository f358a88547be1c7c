"""What a strategy says of itself: features, two rules, a stop and a target.

This module defines the class and nothing else: hyperopt pickles a strategy's base modules by
value, so an enum or dataclass defined beside it would be another object in each worker.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from math import ceil, inf
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy, stoploss_from_absolute, timeframe_to_minutes
from freqtrade.strategy.parameters import NumericParameter

from plimsoll.bridge.config.settings import settings_from
from plimsoll.bridge.freqtrade.replay_levels import may_be_asked_again
from plimsoll.bridge.strategies.backtest_funding import require_funding_of_backtest
from plimsoll.bridge.strategies.entry_values import EntryValues
from plimsoll.bridge.strategies.marks import mark
from plimsoll.bridge.strategies.readiness import require_ready
from plimsoll.core import PlimsollError, Side
from plimsoll.features import Candles, FeatureUse
from plimsoll.risk.stops import nearest_stop_price

ROUNDING = 1e-9
"""Relative distance from a stop within which rounding might move it."""


class RuleStrategy(IStrategy):
    """Turns features and rules into what Freqtrade calls; `GuardedStrategy` adds the guards.

    A subclass implements `features` and `entry_signal`, and may implement `exit_signal`,
    `stop_distance`, `trailing_distance`, `target_distance` and `strategy_protections`. The base
    derives ``startup_candle_count`` from the features.
    """

    INTERFACE_VERSION = 3
    can_short = True
    process_only_new_candles = True
    use_exit_signal = True
    use_custom_stoploss = True
    use_custom_roi = True
    minimal_roi: dict[str, float] = {}  # noqa: RUF012 - Freqtrade replaces it, never mutates it
    stoploss = -0.10
    NEAREST_STOP = 1e-9
    order_types = {  # noqa: RUF012 - Freqtrade's own shape
        "entry": "market",
        "exit": "market",
        "emergency_exit": "market",
        "force_entry": "market",
        "force_exit": "market",
        "stoploss": "market",
        "stoploss_on_exchange": True,
        "stoploss_on_exchange_interval": 60,
    }
    unfilledtimeout = {  # noqa: RUF012 - Freqtrade's own shape
        "entry": 2,
        "exit": 2,
        "exit_timeout_count": 1,
        "unit": "minutes",
    }

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._require_listed_distances()
        self.startup_candle_count = self._longest_lookback_candles()
        self._values = EntryValues()

    # What a strategy says of itself

    def features(self) -> list[FeatureUse]:
        """Name the features, with the current values of the parameters bound."""
        raise NotImplementedError

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        """Return the boolean mask of candles after which to enter on ``side``."""
        raise NotImplementedError

    def exit_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series | None:
        """Return the boolean mask of candles after which to leave ``side``; None for never."""
        return None

    def stop_distance(self) -> tuple[FeatureUse, float] | None:
        """Return a price-unit feature and its multiple: the stop's distance from the entry.

        The feature is read once, on the candle that gave the entry signal.
        """
        return None

    def trailing_distance(self) -> tuple[FeatureUse, float] | None:
        """Return a price-unit feature and its multiple: how far a stop trails the best price."""
        return None

    def target_distance(self) -> tuple[FeatureUse, float] | None:
        """Return a price-unit feature and its multiple: the take-profit's distance."""
        return None

    def strategy_protections(self) -> list[dict[str, Any]]:
        """Return Freqtrade protections of this strategy's own, beside the risk profile's."""
        return []

    # What Freqtrade calls

    def advise_all_indicators(self, data: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """Begin a backtest: refuse one that would hold positions free of funding."""
        try:
            require_funding_of_backtest(self, settings_from(self.config), data)
        except PlimsollError as error:
            raise OperationalException(f"plimsoll: {error}") from None
        candles = super().advise_all_indicators(data)
        try:
            require_ready(self, candles)
        except PlimsollError as error:
            raise OperationalException(f"plimsoll: {error}") from None
        return candles

    def ready(self, candles: pd.DataFrame, pair: str) -> "pd.Series[bool]":
        """Return the rows on which every feature has a value that has been computed by now."""
        columns = [use.column for use in self.features() if use.column in candles]
        return candles[columns].notna().all(axis=1)

    def days_needed(self) -> int | None:
        """Return the days of candles up to the first row that is ready; ``None`` for never."""
        return ceil(self.startup_candle_count * self._span() / pd.Timedelta(days=1))

    def days_known(self, candles: Mapping[str, pd.DataFrame]) -> int:
        """Return the days of candles that a backtest has, its warm-up included."""
        return int(max(map(len, candles.values())) * self._span() / pd.Timedelta(days=1))

    def populate_indicators(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Add the features' columns."""
        return self._with_features(dataframe)

    def populate_entry_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Mark entries; features whose parameters hyperopt changed are computed again."""
        candles = self._with_features(dataframe)
        for side, mask, tag in self.entry_masks(candles):
            mark(candles, mask, f"enter_{side.value}", ("enter_tag", tag))
        if self.config.get("runmode") in (RunMode.BACKTEST, RunMode.HYPEROPT) and metadata:
            self._values.learn(metadata["pair"], candles)
        return candles

    def populate_exit_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Mark exits."""
        for side, mask, tag in self.exit_masks(dataframe):
            mark(dataframe, mask, f"exit_{side.value}", ("exit_tag", tag))
        return dataframe

    def entry_masks(self, candles: pd.DataFrame) -> "Iterator[tuple[Side, pd.Series[bool], str]]":
        """Yield each side, after which candles to enter on it, and the tag of such an entry.

        ``candles`` have the columns of the features.
        """
        known = self._distances_known(candles)
        for side in self._sides():
            signal = self._checked(self.entry_signal(candles, side), candles, "entry_signal")
            yield side, known & signal, f"{type(self).__name__}_{side.value}"

    def exit_masks(self, candles: pd.DataFrame) -> "Iterator[tuple[Side, pd.Series[bool], str]]":
        """Yield each side that signals leave, after which candles, and the tag of such an exit."""
        for side in self._sides():
            mask = self.exit_signal(candles, side)
            if mask is not None:
                mask = self._checked(mask, candles, "exit_signal")
                yield side, mask, f"{type(self).__name__}_ended"

    def custom_stoploss(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        after_fill: bool,  # noqa: FBT001 - Freqtrade's signature
        **kwargs: Any,
    ) -> float | None:
        """Hold the stop at `stop_distance` from the entry; None keeps the stop there is.

        With `trailing_distance` it follows the price as well; Freqtrade never loosens a stop.
        It is never farther away than ``stoploss``, which Freqtrade would let it be at the fill.
        Past the stop it is as near as can be: Freqtrade takes 0 for no answer and would keep
        the wider stop that the trade began with.
        """
        price = self._stop_price(trade, current_rate)
        if price is None:
            return None
        wanted = stoploss_from_absolute(price, current_rate, trade.is_short, trade.leverage)
        if after_fill and len(trade.select_filled_orders()) > 1:
            # Freqtrade measures the fraction from the average entry too, and keeps the nearer stop.
            of_entry = stoploss_from_absolute(
                price, trade.open_rate, trade.is_short, trade.leverage
            )
            wanted = max(wanted, of_entry)
        return max(wanted, self.NEAREST_STOP)

    @may_be_asked_again
    def custom_roi(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        trade_duration: int,
        entry_tag: str | None,
        side: str,
        **kwargs: Any,
    ) -> float | None:
        """Take profit at `target_distance` from the entry, after fees."""
        distance = self._distance_at_entry(trade, self.target_distance())
        if distance is None:
            return None
        price = trade.open_rate + (-distance if trade.is_short else distance)
        return trade.calc_profit_ratio(price)

    # What a lane asks that passes by candles on which nothing can happen

    def asked_beyond(self, trade: Trade) -> float | None:
        """Return the price on a trade's winning side up to which its levels surely stay.

        Up to there neither `custom_stoploss` moves the stop nor `custom_roi` takes the profit, as
        long as nothing is filled; infinite (0 of a short) where they never do.

        Returns
        -------
        ``None`` where that is unknown: any candle may matter.
        """
        own, sign = type(self), -1 if trade.is_short else 1
        limits = [inf * sign]
        if self.use_custom_stoploss:
            known = own.custom_stoploss is RuleStrategy.custom_stoploss
            limit = self._stop_stays_until(trade) if known else None
            if limit is None:
                return None
            limits.append(limit)
        if self.use_custom_roi and (declared := self.target_distance()) is not None:
            distance = self._distance_at_entry(trade, declared)
            if distance is None or own.custom_roi is not RuleStrategy.custom_roi:
                return None
            limits.append(trade.open_rate + sign * distance)
        elif self.use_custom_roi and own.custom_roi is not RuleStrategy.custom_roi:
            return None
        return max(limits) if trade.is_short else min(limits)

    def _stop_stays_until(self, trade: Trade) -> float | None:
        """Return the best price at which the declared stops do not move yet; ``None`` if unknown.

        Freqtrade works a stop out of a price and a fraction each time: one within rounding of its
        own level may move by a tick.
        """
        sign, stop = -1 if trade.is_short else 1, trade.stop_loss
        room = stop * (1 - sign * ROUNDING)
        declared = [one for one in (self.stop_distance(), self.trailing_distance()) if one]
        known = [self._distance_at_entry(trade, one) for one in declared]
        distances = [one for one in known if one is not None]
        if len(distances) < len(known) or trade.initial_stop_loss_pct is None:
            return None
        price = self._stop_price(trade, trade.open_rate)  # where none follows yet
        if price is None or (room - price) * sign <= 0:
            return inf * sign if price is None else None
        if self.trailing_distance() is None:
            return inf * sign
        share = -self.stoploss / trade.leverage
        by_share = room / (1 - sign * share) if trade.is_short or share < 1 else inf
        by_distance = room + sign * distances[-1]
        return max(by_share, by_distance) if trade.is_short else min(by_share, by_distance)

    # How

    def _span(self) -> pd.Timedelta:
        return pd.Timedelta(minutes=timeframe_to_minutes(self.timeframe))

    def _sides(self) -> list[Side]:
        return [Side.LONG, Side.SHORT] if self.can_short else [Side.LONG]

    def _with_features(self, candles: pd.DataFrame) -> pd.DataFrame:
        shared = Candles(candles)
        missing = {
            use.column: use(shared) for use in self.features() if use.column not in candles.columns
        }
        return candles.assign(**missing) if missing else candles

    def _longest_lookback_candles(self) -> int:
        """Return the lookback with every numeric parameter at its highest.

        Freqtrade reads the count before it loads hyperopted parameters, and hyperopt searches
        the whole range with one load of the data.
        """
        parameters = [
            value
            for name in dir(type(self))
            if isinstance(value := getattr(type(self), name, None), NumericParameter)
        ]
        values = [parameter.value for parameter in parameters]
        try:
            for parameter in parameters:
                parameter.value = parameter.high
            return max((use.lookback_candles for use in self.features()), default=0) + 1
        finally:
            for parameter, value in zip(parameters, values, strict=True):
                parameter.value = value

    def _checked(self, mask: Any, candles: pd.DataFrame, name: str) -> pd.Series:
        """Return a rule's mask; refuse what pandas would read as something else."""
        fits = isinstance(mask, pd.Series) and mask.index.equals(candles.index)
        if not fits or mask.dtype != bool:
            kind = f"{type(mask).__name__} of {getattr(mask, 'dtype', 'no dtype')}"
            raise OperationalException(
                f"plimsoll: expected {type(self).__name__}.{name} to return a boolean Series with "
                f"the candles' index ({len(candles)} rows), found {kind}"
            )
        return mask

    def _distances_known(self, candles: pd.DataFrame) -> pd.Series:
        """Return where every declared stop and target is a distance: no entry without one."""
        known = np.ones(len(candles), dtype=bool)
        for wanted in self._distances():
            if wanted is not None:
                distance = candles[wanted[0].column].to_numpy() * wanted[1]
                known &= np.isfinite(distance) & (distance > 0)
        return pd.Series(known, index=candles.index)

    def _distances(self) -> list[tuple[FeatureUse, float] | None]:
        return [self.stop_distance(), self.trailing_distance(), self.target_distance()]

    def _require_listed_distances(self) -> None:
        columns = {use.column for use in self.features()}
        for wanted in self._distances():
            if wanted is not None and wanted[0].column not in columns:
                raise OperationalException(
                    f"plimsoll: {type(self).__name__} measures a stop or target by "
                    f"{wanted[0].column}, which its features() does not list; add it there"
                )

    def _stop_price(self, trade: Trade, current_rate: float) -> float | None:
        """Return the nearest of the declared stops, none farther away than ``stoploss``."""
        stops = []
        if (declared := self.stop_distance()) is not None:
            distance = self._distance_at_entry(trade, declared)
            if distance is not None:
                stops.append((trade.open_rate, distance))
        if (declared := self.trailing_distance()) is not None:
            distance = self._distance_at_entry(trade, declared)
            if distance is not None:
                stops.append((current_rate, distance))
        return nearest_stop_price(
            stops,
            side=Side.SHORT if trade.is_short else Side.LONG,
            widest_fraction=-self.stoploss,
            leverage=trade.leverage,
        )

    def _distance_at_entry(
        self, trade: Trade, wanted: tuple[FeatureUse, float] | None
    ) -> float | None:
        """Return the distance in price units, derived from the candle before the entry.

        It is computed from candles, not stored: a restart finds the same number. Once the
        entry candle has left the bot's frame, or the feature is NaN there, it is unknown and
        the stop that Freqtrade has recorded stays.
        """
        if wanted is None:
            return None
        use, multiple = wanted
        value = self.value_before(trade.pair, trade.open_date_utc, use)
        return None if value is None else value * multiple

    def value_before(self, pair: str, moment: datetime, use: FeatureUse) -> float | None:
        """Return a feature on the last candle that was closed at a moment; ``None`` if unknown.

        What was found is kept; what was not is asked again: right after a restart there may be
        no candles yet.
        """
        column = use.column
        value = self._values.kept(pair, moment, column)
        if value is None:
            value = self.value_asked(pair, moment, use)
            self._values.keep(pair, moment, column, value)
        return value

    def value_asked(self, pair: str, moment: datetime, use: FeatureUse) -> float | None:
        """Return the same without keeping it: a bot may ask about an entry in every loop."""
        last_open = moment - timedelta(minutes=timeframe_to_minutes(self.timeframe))
        if self._values.knows(pair):
            return self._values.of_whole(pair, last_open, use.column)
        candles, _ = self.dp.get_analyzed_dataframe(pair, self.timeframe)
        return self._values.of_analysed(pair, candles, last_open, use.column)
