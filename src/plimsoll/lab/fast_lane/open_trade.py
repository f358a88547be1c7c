"""From which candle on something may happen to an open trade, by what Freqtrade would ask of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import inf, isfinite, nan
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.enums import TradingMode
from freqtrade.persistence import LocalTrade
from freqtrade.strategy import IStrategy

from plimsoll.bridge.strategies.guarded import GuardedStrategy
from plimsoll.bridge.wrapping.resting import own_answer
from plimsoll.core import Side
from plimsoll.lab.fast_lane.candle_rows import Grid, PairRows
from plimsoll.lab.fast_lane.waking import (
    ENTER_LONG,
    ENTER_SHORT,
    EXIT_LONG,
    EXIT_SHORT,
    first_waking_row,
)

RATIO_MARGIN = 1e-6
"""Of a profit ratio: Freqtrade rounds it to 8 digits, and money here is in binary."""

PRICE_MARGIN = 1e-9
"""Relative, of a price that a stop follows."""

OF_TRADES = (
    *("should_exit", "ft_stoploss_reached", "ft_stoploss_adjust"),
    *("min_roi_reached", "min_roi_reached_entry"),
)
"""Freqtrade's own methods that the bounds rest on."""

SETTINGS = (
    *("stoploss", "trailing_stop", "trailing_stop_positive", "trailing_stop_positive_offset"),
    *("trailing_only_offset_is_reached", "use_exit_signal", "use_custom_stoploss"),
    *("use_custom_roi", "position_adjustment_enable"),
)
"""What of a strategy the bounds are worked out from; its callbacks may change them in a run."""


class Settings:
    """What a strategy's exits are by now: read again after each candle that was visited."""

    def __init__(self, strategy: Any) -> None:
        self._strategy = strategy
        self.known: dict[str, Any] = {}
        self.roi: dict[int, float] = {}
        self.version = 0
        """How often they have changed."""
        self.has_changed()

    def has_changed(self) -> bool:
        """Return whether the strategy's settings are not those of the last look."""
        strategy = self._strategy
        known = {name: getattr(strategy, name) for name in SETTINGS}
        if known == self.known and strategy.minimal_roi == self.roi:
            return False
        self.known, self.roi = known, dict(strategy.minimal_roi)
        self.version += 1
        return True


class Exits:
    """When an open trade matters: the first candle on which any of its exits, or changes, may be.

    Parameters
    ----------
    strategy
        As it trades: its hooks decide which candles it has to see.
    trading_mode
        Funding is booked in futures alone.
    grid
        The candles of the run.
    """

    def __init__(self, strategy: Any, trading_mode: TradingMode, grid: Grid) -> None:
        self._strategy, self._grid = strategy, grid
        self._has_funding = trading_mode == TradingMode.FUTURES
        self.settings = Settings(strategy)
        self._is_ours = isinstance(strategy, GuardedStrategy)
        self._is_foreign_exit = any(not _is_freqtrades(strategy, name) for name in OF_TRADES)
        self._acting = self._acting_steps()
        self._asked_always: tuple[int, bool] = (-1, True)
        self._acts_until = -1

    def closed(self, trades: Sequence[LocalTrade], step: int) -> bool:
        """Take that trades were closed; return whether a strategy may act on the others for it."""
        after = max(map(self._strategy.acting_after, trades), default=0) if self._is_ours else 0
        if after:
            self._acts_until = step + after
        return after > 0

    def wants_change(self, trade: LocalTrade, moment: datetime, price: float) -> bool:
        """Return whether a strategy of ours would change or close a trade itself."""
        return bool(self._strategy.wants_change(trade, moment, price))

    def rests(self, moment: datetime, *, with_entries: bool) -> bool:
        """Return whether a strategy of ours surely neither changes nor enters anything now."""
        return self._is_ours and bool(self._strategy.rests(moment, with_entries=with_entries))

    def wants_entry(self, pair: str, direction: str, moment: datetime) -> bool:
        """Return whether an entry signal may lead to a trade, with a free slot for it."""
        return not self._is_ours or bool(self._strategy.wants_entry(pair, Side(direction), moment))

    def waking_row(self, trade: LocalTrade, rows: PairRows, row: int) -> int:
        """Return the first row from ``row`` on at which a trade matters; their count for none.

        What a strategy of ours does itself apart (`acting_row`).
        """
        count = len(rows)
        if row >= count or self._sees_every_candle(trade, rows):
            return row
        last = min(count, self._next_roi_row(trade, rows, row))
        if last <= row:
            return row
        prices = self._prices(trade)
        if prices is None:
            return row
        enters, exits = (ENTER_SHORT, EXIT_SHORT) if trade.is_short else (ENTER_LONG, EXIT_LONG)
        if not self.settings.known["use_exit_signal"]:
            exits = 0
        return int(
            first_waking_row(
                row,
                last,
                (rows.high, rows.low, rows.flags, rows.funding),
                prices,
                self._held(trade),
                self._values(trade, rows, row),
                (exits, enters),
            )
        )

    def acting_row(self, rows: PairRows, row: int) -> int:
        """Return the first row from ``row`` on at which a strategy of ours may act by itself."""
        if self._acting is None or row >= len(rows):
            return len(rows)
        step = int(rows.steps[row])
        if step <= self._acts_until:
            return row
        index = int(self._acting.searchsorted(step))
        if index == len(self._acting):
            return len(rows)
        return int(rows.steps.searchsorted(self._acting[index]))

    # How

    def _acting_steps(self) -> np.ndarray | None:
        """Return the steps at which a strategy of ours acts by itself; ``None`` if unknown."""
        if not self._is_ours:
            return None
        first = self._grid.time(0)
        opens = pd.date_range(first, periods=self._grid.steps, freq=self._grid.span)
        mask = self._strategy.may_act_at(opens)
        return None if mask is None else np.flatnonzero(mask)

    def _sees_every_candle(self, trade: LocalTrade, rows: PairRows) -> bool:
        if self._is_foreign_exit or trade.has_open_orders or not trade.amount:
            return True
        if not rows.funding_is_known and self._has_funding:
            return True
        if self._asked_always[0] != self.settings.version:
            self._asked_always = self.settings.version, self._is_asked_always()
        return self._asked_always[1]

    def _is_asked_always(self) -> bool:
        """Return whether a callback of the strategy's own is asked on every candle of a trade."""
        if self._is_ours:
            return self._acting is None
        wants, strategy = self.settings.known, self._strategy
        if wants["use_exit_signal"] and not (
            _is_freqtrades(strategy, "custom_exit") and _is_freqtrades(strategy, "custom_sell")
        ):
            return True
        if wants["use_custom_roi"] and not _is_freqtrades(strategy, "custom_roi"):
            return True
        if wants["use_custom_stoploss"] and not _is_freqtrades(strategy, "custom_stoploss"):
            return True
        return bool(wants["position_adjustment_enable"]) and not (
            _is_freqtrades(strategy, "adjust_trade_position")
            and _is_freqtrades(strategy, "_adjust_trade_position_internal")
        )

    def _next_roi_row(self, trade: LocalTrade, rows: PairRows, row: int) -> int:
        """Return the row at which the next entry of the ROI table comes into force."""
        minutes = self._minutes(trade, rows, row)
        later = [one for one in self.settings.roi if one > minutes]
        if not later:
            return len(rows)
        at = trade.open_date_utc + timedelta(minutes=min(later))
        return int(rows.steps.searchsorted(self._grid.step_after(at)))

    def _minutes(self, trade: LocalTrade, rows: PairRows, row: int) -> int:
        now = self._grid.time(int(rows.steps[row]))
        return int((now.timestamp() - trade.open_date_utc.timestamp()) // 60)

    def _prices(self, trade: LocalTrade) -> tuple[float, float, float] | None:
        """Return the signed prices of stop, winning side and trailing; ``None`` if unknown."""
        sign, wants = -1 if trade.is_short else 1, self.settings.known
        stop, liquidation = trade.stop_loss, trade.liquidation_price
        worst = stop * sign
        if liquidation:
            worst = max(worst, liquidation * sign)
        best = trailing = inf
        if self._is_ours:
            beyond = self._strategy.asked_beyond(trade)
            if beyond is None:
                return None
            best = beyond * sign * (1 - sign * PRICE_MARGIN) if isfinite(beyond) else inf
        elif wants["use_custom_stoploss"]:  # Freqtrade's own, which trails
            best = _following(trade, wants["stoploss"])
        if wants["trailing_stop"]:
            if wants["use_custom_stoploss"]:
                return None
            if not wants["trailing_only_offset_is_reached"]:
                best = min(best, _following(trade, wants["stoploss"]))
            trailing = _following(trade, wants["stoploss"])
            if wants["trailing_stop_positive"] is not None:
                trailing = min(trailing, _following(trade, wants["trailing_stop_positive"]))
        return worst, best, trailing

    def _held(self, trade: LocalTrade) -> tuple[float, float, float, float]:
        """Return what `first_waking_row` asks of a stop that is held at a price."""
        price = self._strategy.held_stop(trade) if self._is_ours else None
        if price is None or trade.initial_stop_loss_pct is None:
            return nan, 1.0, 0.0, 0.0
        nearest = self._strategy.NEAREST_STOP
        return price, trade.leverage or 1.0, nearest, trade.stop_loss

    def _values(
        self, trade: LocalTrade, rows: PairRows, row: int
    ) -> tuple[float, float, float, float, float, float]:
        """Return what `first_waking_row` asks of a position's value."""
        sign = -1 if trade.is_short else 1
        fee = trade.fee_close or 0.0
        a_point = sign * trade.amount * (1 - sign * fee)
        minutes = self._minutes(trade, rows, row)
        reached = [one for one in self.settings.roi if one <= minutes]
        wanted = self._value(trade, self.settings.roi[max(reached)]) if reached else inf
        offset = self.settings.known["trailing_stop_positive_offset"] or 0.0
        trailing = self._value(trade, offset)
        if not self._has_funding:
            return a_point, wanted, trailing, 0.0, 0.0, 0.0
        now, scale = trade.funding_fees or 0.0, -sign * trade.amount
        prior = sum(one.funding_fee or 0.0 for one in trade.orders)
        before = prior - scale * rows.paid_before(trade.date_last_filled_utc)
        return a_point, wanted, trailing, now, before, scale

    def _value(self, trade: LocalTrade, ratio: float) -> float:
        """Return the signed value of a position from which on its profit may be above a ratio."""
        part = (ratio - RATIO_MARGIN) / (trade.leverage or 1.0)
        return trade.open_trade_value * (part + (-1 if trade.is_short else 1))


def _following(trade: LocalTrade, fraction: float | None) -> float:
    """Return the signed price on the winning side from which on a stop follows it."""
    sign = -1 if trade.is_short else 1
    off = 1 - sign * abs((fraction or 0.0) / (trade.leverage or 1.0))
    if off <= 0:
        return inf
    return sign * trade.stop_loss * (1 - sign * PRICE_MARGIN) / off


def _is_freqtrades(strategy: Any, name: str) -> bool:
    """Return whether an answer is that of a strategy which has none of its own."""
    own = own_answer(strategy, name)
    return getattr(own, "__func__", None) is getattr(IStrategy, name, None)
