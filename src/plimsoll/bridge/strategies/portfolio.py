"""A strategy that holds target weights.

This module defines the class and nothing else: hyperopt pickles a strategy's base modules by
value, so an enum or dataclass defined beside it would be another object in each worker.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from math import inf
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.persistence import Trade
from numpy.typing import NDArray

from plimsoll.bridge.account.freqtrade_trades import last_fill, side_of
from plimsoll.bridge.config.settings import settings_from
from plimsoll.bridge.strategies.account_capacity import capacity_of, decision_of, share_left
from plimsoll.bridge.strategies.breaker import BREAKER, STOPPED, halfway
from plimsoll.bridge.strategies.decision_times import DecisionTimes
from plimsoll.bridge.strategies.guarded import ACTS, SIZES
from plimsoll.bridge.strategies.panel import RUNNING, Panel
from plimsoll.bridge.strategies.panel_strategy import PanelStrategy
from plimsoll.bridge.strategies.readiness import days_until, made_up_panel
from plimsoll.bridge.strategies.target_columns import (
    WEIGHT_COLUMN,
    with_reasons,
    with_targets,
)
from plimsoll.bridge.strategies.target_fit import TargetFit
from plimsoll.bridge.strategies.trade_copies import spared
from plimsoll.bridge.strategies.universe import closed_at_end, membership_of, of_members
from plimsoll.candles.timeframe import timeframe_span
from plimsoll.core import PlimsollError, Side
from plimsoll.features import FeatureUse
from plimsoll.performance.shortfall import Shortfall
from plimsoll.risk.stops import nearest_stop_price
from plimsoll.signals.breaker import breaker_fractions
from plimsoll.signals.capacity import Capacity
from plimsoll.signals.panels import Targets
from plimsoll.signals.planning import (
    Plan,
    Rules,
    Wishes,
    is_carried_out,
    make_plan,
    ordered_now,
)
from plimsoll.signals.rebalancing import ROUNDING, wanted, worth_closing
from plimsoll.signals.rows import Rows, floored
from plimsoll.signals.universe import Membership, UniverseRule, within


class PortfolioStrategy(PanelStrategy):
    """Brings a book of all pairs within bands around its target weights, once a decision.

    A subclass has a parameter ``buffer`` and implements `targets`, a pure function of the panel.
    At 00:00 UTC one `Plan` is made for the whole book, and within the day where targets on shorter
    candles change (`Targets.span`), of what each close made known and of what is held: every
    position within ``buffer`` full sizes of its target, their sum within ``net_band`` of equity of
    the targets' sum, at the least trading. Entries, changes and exits of the next
    `carrying_candles` carry it out. A target of NaN is no opinion: what is held stays.

    The stop of a leg is a breaker for jumps between two decisions (`plimsoll.signals.breaker`),
    measured from its last fill; a leg that has drifted half the way there is brought to its target,
    which measures it anew. After one the rest of the book is planned again at the next full
    candle, and the leg is not entered again before its target was zero or on the other side, or
    ``barred_decisions`` have passed. ``stoploss`` is how far the breaker may be at most: inside
    the liquidation price at leverage 1.

    The plan is derived, never stored: a bot that starts again makes the same one.
    """

    timeframe = "1h"
    stoploss = -0.90
    use_custom_roi = False
    least_startup_candles = 480
    buffer: Any
    net_band: ClassVar[float | None] = None
    barred_decisions: ClassVar[int] = 7
    carrying_candles: ClassVar[int] = 2
    least_order_fraction: ClassVar[float] = 0.001
    universe_rule: ClassVar[UniverseRule] = UniverseRule()

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._targets: tuple[Panel, Any, Targets] | None = None
        self._fractions: tuple[Panel, pd.DataFrame, Rows] | None = None
        self._plan: tuple[pd.Timestamp, NDArray[np.float64], Plan] | None = None
        self._asked: tuple[datetime, Plan | None] | None = None
        self._orders: tuple[datetime, pd.Timestamp, dict[str, float]] | None = None
        self._stops: dict[Any, tuple[Any, float | None]] = {}
        self._fit = TargetFit(self)
        self._times = DecisionTimes(self)

    def targets(self, panel: Panel) -> Targets:
        """Return weights and full sizes, days × pairs, of what each day's close made known.

        Or candles × pairs of a part of a day (`Targets.span`), for what is decided within it.
        """
        raise NotImplementedError

    def features(self) -> list[FeatureUse]:
        """Name the distance of the stop: the panel is all else that is looked at."""
        return [BREAKER]

    def stop_distance(self) -> tuple[FeatureUse, float]:
        """Return the breaker of a leg."""
        return BREAKER, 1.0

    # What a lane asks that passes by candles on which nothing can happen

    def acting_after(self, closed: Trade) -> int:
        """Return on how many candles the rest of the book is planned again after a stop."""
        return self.carrying_candles + 1 if closed.exit_reason in STOPPED else 0

    def may_act_at(self, opens: pd.DatetimeIndex) -> "NDArray[np.bool_] | None":
        """Return at which opens a plan is carried out."""
        if self._has_own(PortfolioStrategy, *ACTS, "plan"):
            return None
        return self._times.are_carried(pd.Series(opens)).to_numpy()

    def wants_change(self, trade: Trade, now: datetime, price: float) -> bool:
        """Return whether the plan holds more or less of a trade, or nothing."""
        if self.adjust_position(trade, now, price, 0.0) is not None:
            return True
        return self.exit_reason(trade, now, price, 0.0) is not None

    def rests(self, now: datetime, *, with_entries: bool) -> bool:
        """Return whether no trade is surely changed, entered or ended by the plan now."""
        own = self._has_own(PortfolioStrategy, *ACTS, "plan", "wants_change", "wants_entry")
        if own or (with_entries and self._sizes_otherwise()):
            return False
        if (plan := self.plan(now)) is None:
            return True
        trades = Trade.get_trades_proxy(is_open=True)
        held = {one.pair: float(one.amount) * side_of(one).sign for one in trades}
        orders = any(one.has_open_orders for one in trades)
        return not orders and is_carried_out(plan, held, self.closes_at(plan.values_usd, now))

    def wants_entry(self, pair: str, side: Side, now: datetime) -> bool:
        """Return whether the plan holds anything of a pair on this side."""
        if self._sizes_otherwise():
            return True
        return self.desired_stake(pair, side, 0.0, now) > 0

    def _sizes_otherwise(self) -> bool:
        """Return whether a stake may be one that the plan does not say."""
        return (
            self._has_own(PortfolioStrategy, *SIZES) or self.config["stake_amount"] != "unlimited"
        )

    # What Freqtrade calls

    def advise_all_indicators(self, data: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """Begin a backtest: say how much of its targets the account can hold."""
        candles = super().advise_all_indicators(data)
        if self.config["runmode"] == RunMode.BACKTEST:
            try:
                self._fit.look(self.past_shortfall())
            except PlimsollError as error:
                raise OperationalException(f"plimsoll: {error}") from None
        return candles

    def populate_indicators(
        self, dataframe: pd.DataFrame, metadata: dict[str, Any]
    ) -> pd.DataFrame:
        """Add ``target_weight``, ``full_size`` and the stop that were known at each close."""
        return super().populate_indicators(
            self._with_targets(dataframe, metadata["pair"]), metadata
        )

    def populate_entry_trend(
        self, dataframe: pd.DataFrame, metadata: dict[str, Any]
    ) -> pd.DataFrame:
        """Mark entries by the targets of the present parameters, with reasons in the tag."""
        pair = metadata["pair"]
        candles = self._with_targets(dataframe, pair)
        candles = super().populate_entry_trend(candles, metadata)
        return with_reasons(candles, pair, self.current_targets(), span=self.candle_span())

    def ready(self, candles: pd.DataFrame, pair: str) -> "pd.Series[bool]":
        """Return the rows on which there is an opinion about the pair."""
        return candles[WEIGHT_COLUMN].notna()

    def days_needed(self) -> int | None:
        """Return the days up to the first opinion, by the present parameters."""
        pairs = self._reader.pairs(self.dp)
        weights = self._targets_of(made_up_panel(pairs, self.panel_timeframes)).weights
        daily = weights.notna().any(axis=1).groupby(pd.DatetimeIndex(weights.index).floor("D"))
        return days_until(daily.any())

    # What GuardedStrategy asks

    def on_start(self) -> None:
        """Let a backtest read the trade itself, not a copy with all its orders each candle."""
        self._fit.begin()
        if self.config["runmode"] not in (RunMode.BACKTEST, RunMode.HYPEROPT):
            return
        own = type(self)
        if own.adjust_position is PortfolioStrategy.adjust_position:
            hook = own.adjust_trade_position.__get__(self)
            self.adjust_trade_position = spared(hook)  # type: ignore[method-assign]
        if own.exit_reason is PortfolioStrategy.exit_reason:
            self.custom_exit = spared(own.custom_exit.__get__(self))  # type: ignore[method-assign]

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        """Return the candles after which a plan is carried out, by the target's side."""
        is_carried = self._times.are_carried(candles["date"] + self.candle_span())
        return wanted(side, candles[WEIGHT_COLUMN]) & is_carried

    def exit_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        """Return where a position is to be closed, as long as its target is not on its side."""
        return worth_closing(side, candles[WEIGHT_COLUMN])

    def desired_stake(self, pair: str, side: Side, proposed_stake: float, now: datetime) -> float:
        """Return what the plan holds of a pair on this side; 0 for nothing."""
        plan = self.plan(now)
        value = 0.0 if plan is None else self._ordered(plan, now).get(pair, 0.0) * side.sign
        if not value > 0 or pair in self._times.barred(now):
            return 0.0
        return value / self.desired_leverage(pair, side, now) / share_left(self, pair, now)

    def adjust_position(
        self, trade: Trade, now: datetime, price: float, profit_fraction: float
    ) -> float | None:
        """Return the stake that brings a position to the plan, at most once a candle."""
        plan = self.plan(now)
        if plan is None or trade.pair not in plan.values_usd or trade.has_open_orders:
            return None
        side, value = side_of(trade), self._ordered(plan, now)[trade.pair]
        close, least = plan.closes[trade.pair], plan.least_usd[trade.pair]
        step = value * side.sign / close - float(trade.amount)
        if not value * side.sign > 0 or abs(step) * close < least * (1 - ROUNDING):
            return None
        if last_fill(trade)[1] >= floored(now, self.candle_span()) or not step:
            return None
        if step > 0:
            return step * price / float(trade.leverage) / share_left(self, trade.pair, now)
        # Freqtrade takes off the share of the amount that this is of the stake at entry prices.
        return step * float(trade.stake_amount / trade.amount)

    def exit_reason(
        self, trade: Trade, now: datetime, price: float, profit_fraction: float
    ) -> str | None:
        """Return that a position has ended when the plan holds nothing of its pair."""
        plan = self.plan(now)
        if plan is None or plan.values_usd.get(trade.pair) != 0:
            return None
        if trade.open_date_utc >= plan.moment:
            return None
        return f"{type(self).__name__}_ended"

    # The plan

    def plan(self, now: datetime) -> Plan | None:
        """Return the plan that is carried out at a moment; ``None`` when none is."""
        if self._asked is None or self._asked[0] != now:
            with self.one_panel():
                self._asked = now, self._plan_at(now)
        return self._asked[1]

    def capacity(self, moment: datetime, weights: Mapping[str, float]) -> Capacity:
        """Return what the account can hold at a moment, and what it holds."""
        with self.one_panel():
            return capacity_of(self, decision_of(self, pd.Timestamp(moment), weights))

    def _plan_at(self, now: datetime) -> Plan | None:
        moment, targets = self._times.last(now), self.current_targets()
        row = targets.known_at(moment)
        is_over = now - moment >= self.carrying_candles * self.candle_span()
        if is_over or row not in targets.weight_rows:
            return None
        if self.config["runmode"] in RUNNING and not self._fit.has_looked:
            self._fit.look(self.past_shortfall())
        days = targets.weight_rows.at(row), targets.size_rows.at(row)
        wanted_now = np.array([[*one.values()] for one in days])
        known = self._plan
        is_new = known is None or known[0] != moment
        if is_new or not np.array_equal(known[1], wanted_now, equal_nan=True):  # type: ignore[index]
            self._plan = moment, wanted_now, self._planned(moment, row, now)
            self._orders = None
        return None if self._plan is None else self._plan[2]

    def _planned(self, moment: pd.Timestamp, row: pd.Timestamp, now: datetime) -> Plan:
        targets = self.current_targets()
        weights = targets.weight_rows.at(row)
        capacity = self.capacity(moment, weights)
        closes = self.closes_at({*weights, *capacity.held_usd}, moment)
        wishes = Wishes(
            weights=weights,
            full_sizes=targets.size_rows.at(row),
            shut=self._times.shut(moment, capacity.held_usd, weights),
            halfway=halfway(closes, self._stop_price),
        )
        rules = Rules(
            buffer=self.buffer.value,
            net_band=self.net_band,
            least_order_fraction=self.least_order_fraction,
        )
        self._fit.note(moment, weights, capacity, now, shut=wishes.shut)
        plan = make_plan(moment, wishes, rules, capacity, closes)
        return self._fit.restrained(plan, capacity.held_usd)

    def past_shortfall(self) -> Shortfall:
        """Return what of the targets of the past an empty account like this one could not hold."""
        closes = self.panel().closes("1d")
        weights = self.current_targets().each_day().weights
        return self._fit.of_past(weights, closes, self.breaker_fractions())

    def _ordered(self, plan: Plan, now: datetime) -> Mapping[str, float]:
        """Return what of a plan is to be held after this candle: at first what is affordable."""
        known = self._orders
        if known is None or known[0] != now:
            candle = floored(now, self.candle_span())
            if known is None or known[1] != candle:
                with self.one_panel():
                    targets = self.current_targets()
                    weights = targets.weight_rows.at(targets.known_at(plan.moment))
                    orders = ordered_now(plan.values_usd, self.capacity(now, weights))
            else:
                orders = known[2]
            self._orders = known = now, candle, orders
        return known[2]

    def marking(self) -> str:
        """Return the candles of the panel at whose closes a book is decided: the targets' own."""
        span = self.current_targets().span
        return next((one for one in self.panel_timeframes if timeframe_span(one) == span), "1d")

    def closes_at(self, pairs: Collection[str], moment: datetime) -> dict[str, float]:
        """Return the last closes that a book is decided at, of the pairs that have one."""
        return self.panel().last_closes(sorted(pairs), moment, self.marking())

    def _stop_price(self, trade: Trade, current_rate: float) -> float | None:
        """Return the breaker's price, measured from the last fill.

        It is inside the liquidation price, which is measured from the average entry.
        """
        key = trade.open_date, len(trade.orders), trade.amount
        if trade.id not in self._stops or self._stops[trade.id][0] != key:
            price, moment = last_fill(trade)
            distance = self.value_before(trade.pair, moment, BREAKER)
            stop = None
            if distance is not None:
                stop = nearest_stop_price(
                    [(price, distance), (trade.open_rate, inf)],
                    side=side_of(trade),
                    widest_fraction=-self.stoploss,
                    leverage=trade.leverage,
                )
            self._stops[trade.id] = key, stop
        return self._stops[trade.id][1]

    # How

    def current_targets(self) -> Targets:
        """Return the targets by the present panel and parameters; computed once for each."""
        panel, values = self.panel(), self.parameter_values()
        if self._targets is None or self._targets[0] is not panel or self._targets[1] != values:
            self._targets = panel, values, self._targets_of(panel)
        return self._targets[2]

    def membership(self) -> Membership | None:
        """Return which pairs may be held when, with ``plimsoll.universe`` by rule; else nothing."""
        return membership_of(self.panel(), self.config, self.universe_rule)

    def _targets_of(self, panel: Panel) -> Targets:
        known = membership_of(panel, self.config, self.universe_rule)
        if known is None:
            return self.targets(panel)
        return within(self.targets(of_members(panel, known)), known)

    def breaker_fractions(self) -> pd.DataFrame:
        """Return the distance of each pair's stop, days × pairs; computed once a panel."""
        panel = self.panel()
        if self._fractions is None or self._fractions[0] is not panel:
            fractions = breaker_fractions(panel.closes("1d"))
            self._fractions = panel, fractions, Rows(fractions)
        return self._fractions[1]

    def breaker_rows(self) -> Rows:
        """Return the same, to be looked up by a day."""
        self.breaker_fractions()
        return self._fractions[2]  # type: ignore[index]

    def _with_targets(self, candles: pd.DataFrame, pair: str) -> pd.DataFrame:
        targets, stops = self.current_targets(), self.breaker_rows()
        known = with_targets(candles, pair, targets, stops, span=self.candle_span())
        last_days = self.panel().closes("1d").index[-1:]
        every_pair = settings_from(self.config).universe == "all"
        if every_pair or self.config["runmode"] in RUNNING or last_days.empty:
            return known
        return closed_at_end(known, WEIGHT_COLUMN, last_days[0])
