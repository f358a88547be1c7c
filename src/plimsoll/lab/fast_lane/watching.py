"""Between the guards in Python and the loop that stands in for them while they are silent."""

from datetime import timedelta
from math import ceil, inf, isfinite, sqrt
from typing import Any

import numpy as np

from plimsoll.bridge.account.backtest import Marked
from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.guarding.backtest_session import BacktestSession
from plimsoll.bridge.guarding.entry import NO_STOP_FRACTION, rules_of
from plimsoll.lab.fast_lane.lane_trades import moment
from plimsoll.lab.fast_lane.market import Packed
from plimsoll.lab.fast_lane.memory import Books
from plimsoll.lab.fast_lane.plan import answers_entries
from plimsoll.risk import RiskProfile
from plimsoll.risk.costs import SECONDS_PER_YEAR, TradingCosts
from plimsoll.risk.quiet import MARGIN

MOST_ORDERS = 1000
"""The most orders that a profile's throttle can allow in its window."""
NEVER_S = np.iinfo("i8").min


class Watching:
    """Hands the account of a run to the loop, and takes it back before Python is asked.

    ``session`` is the run's guards; without one there is nothing to hand over.
    """

    def __init__(self, backtesting: Any, packed: Packed, session: BacktestSession | None) -> None:
        self._backtesting, self._packed, self._session = backtesting, packed, session
        self._is_begun = False
        self._told = self._known = 0

    def take_back(self, books: Books) -> None:
        """Let the guards know of what the loop has done since the last question."""
        session, watch = self._session, books.watch[0]
        account = None if session is None else session.account
        if session is None or account is None:
            self._told = int(books.state[0]["orders"])
            return
        if watch["is_on"]:
            watch["is_on"] = 0
            now = moment(int(watch["looked_s"]))
            session.went_on(now, marked_of(watch), entries=int(watch["entries"]))
            watch["entries"] = 0
        for at in books.ordered_s[self._told : books.state[0]["orders"]].tolist():
            account.ordered(moment(at))
        self._told, self._known = int(books.state[0]["orders"]), len(account.order_times)

    def take_orders(self, books: Books) -> None:
        """Let the loop know of the orders that were confirmed since `take_back`."""
        session, state = self._session, books.state[0]
        account = None if session is None else session.account
        if account is None or not books.ordered_s.size:
            return
        for at in account.order_times[self._known :]:
            books.ordered_s[state["orders"]] = int(at.timestamp())
            state["orders"] += 1
        self._told = int(state["orders"])

    def make_room(self, books: Books) -> None:
        """Forget the orders that are older than any that the throttle looks back on."""
        state = books.state[0]
        if state["orders"] > MOST_ORDERS:
            latest = books.ordered_s[state["orders"] - MOST_ORDERS : state["orders"]].copy()
            books.ordered_s[:MOST_ORDERS] = latest
            self._told = state["orders"] = MOST_ORDERS

    def hand_over(self, books: Books) -> None:
        """Let the loop stand in for the guards from here on, where they are silent."""
        session, watch = self._session, books.watch[0]
        marked = None if session is None else session.plain
        if session is None or session.account is None or marked is None:
            return
        if not self._is_begun:
            self._is_begun = True
            self._begin(books, session, session.account.starting_usd)
        rearmed_at = session.account.standing.rearmed_at
        watch["rearmed_s"] = NEVER_S if rearmed_at is None else int(rearmed_at.timestamp())
        watch["looked_s"] = books.state[0]["now_s"]
        watch["marked"], watch["equity"] = marked.closed, marked.equity_usd
        watch["day_ends_s"] = int(marked.day_ends_at.timestamp())
        watch["day_start"], watch["high_water"] = marked.day_start_usd, marked.high_water_usd
        watch["peak"], watch["peak_s"] = marked.peak_usd, int(marked.peak_at.timestamp())
        levels = marked.equity_usd, marked.day_start_usd, marked.high_water_usd, marked.peak_usd
        watch["is_on"] = all(isfinite(level) and level > 0 for level in levels)

    def _begin(self, books: Books, session: BacktestSession, starting_usd: float) -> None:
        """Write down the limits of the run."""
        strategy, watch = self._backtesting.strategy, books.watch[0]
        settings = session.settings
        watch["starting"] = starting_usd
        write_limits(watch, settings.risk)
        rules = rules_of(strategy)
        watch["stop"] = rules.stop_distance() is not None
        watch["trailing"] = rules.trailing_distance() is not None
        watch["target"] = rules.target_distance() is not None
        watch["no_stop"] = NO_STOP_FRACTION
        watch["is_sure"] = not answers_entries(strategy) and sizes_plainly(settings.risk)
        watch["is_counted"] = session.counts
        watch["latency_factor"] = latency_factor(settings.costs)
        books.fill_cost[:] = [fill_cost(settings, pair) for pair in self._packed.pairs]


def write_limits(watch: Any, profile: RiskProfile) -> None:
    """Write the limits of a profile into a `WATCH`; times are whole seconds, never too short."""
    one = profile
    watch["day_shift_s"] = one.day_starts_at_hour_utc * 3600
    watch["daily_fraction"], watch["daily_usd"] = (
        one.max_daily_loss_fraction,
        _or_inf(one.max_daily_loss_usd),
    )
    watch["reduce_fraction"] = one.drawdown_reduce_fraction
    watch["halt_fraction"] = one.drawdown_halt_fraction
    watch["terminal_fraction"] = _or_inf(one.terminal_drawdown_fraction)
    watch["near_fraction"] = one.min_liquidation_distance_fraction * (1 + MARGIN)
    watch["losses"] = one.max_consecutive_losses
    pause = timedelta(hours=one.consecutive_losses_pause_hours)
    watch["pause_s"] = ceil(pause.total_seconds())
    watch["flattens"] = one.flatten_on_consecutive_losses
    watch["cooldown_s"] = ceil(one.cooldown_seconds)
    watch["trades_a_day"] = one.max_trades_per_day
    watch["max_orders"], watch["window_s"] = one.max_orders, ceil(one.order_window_seconds)
    watch["break_even_trades"] = one.break_even_trades or 0
    watch["break_even_z"] = one.break_even_z
    watch["max_open"] = one.max_open_positions
    watch["position_fraction"] = one.max_position_fraction
    watch["position_usd"] = _or_inf(one.max_position_usd)
    watch["exposure_fraction"] = one.max_exposure_fraction
    watch["exposure_usd"] = _or_inf(one.max_exposure_usd)
    watch["heat_fraction"] = one.max_portfolio_heat_fraction
    watch["risk_fraction"] = one.max_risk_per_trade_fraction
    watch["planned_fraction"] = one.fixed_risk_fraction
    watch["breaker_fraction"] = one.breaker_stop_fraction
    watch["correlation"], watch["window"] = one.max_correlation, one.correlation_candles
    watch["collar_fraction"] = _or_inf(one.max_price_deviation_fraction)
    watch["target_to_cost"] = one.min_target_to_cost


def sizes_plainly(profile: RiskProfile) -> bool:
    """Return whether stakes rest on nothing but equity and the stop."""
    return profile.sizing == "fixed_fraction" and profile.max_liquidity_share_fraction is None


def latency_factor(costs: TradingCosts) -> float:
    """Return what latency costs per fill and unit of yearly volatility, as a fraction."""
    return sqrt(costs.latency_ms / 1000 / SECONDS_PER_YEAR) * costs.latency_share


def fill_cost(settings: PlimsollSettings, pair: str) -> float:
    """Return what a fill costs before latency; infinite where its spread is too wide to enter."""
    costs, widest = settings.costs.of_pair(pair), settings.risk.max_spread_fraction
    is_narrow = widest is None or costs.spread_bps / 10_000 <= widest
    return costs.fraction if is_narrow else inf


def marked_of(watch: Any) -> Marked:
    """Return the account's last mark as the loop has made it."""
    return Marked(
        float(watch["equity"]),
        moment(int(watch["day_ends_s"])),
        float(watch["day_start"]),
        float(watch["high_water"]),
        float(watch["peak"]),
        moment(int(watch["peak_s"])),
        int(watch["marked"]),
    )


def _or_inf(limit: float | None) -> float:
    return inf if limit is None else limit
