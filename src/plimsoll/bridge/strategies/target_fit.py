"""A portfolio's targets against its account: at each decision, and over the past at the start."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from math import isnan
from typing import Any, Protocol

import pandas as pd
from freqtrade.enums import RunMode

from plimsoll.bridge.config.settings import settings_from
from plimsoll.bridge.freqtrade.backtest_report import offer_figure
from plimsoll.bridge.strategies.account_capacity import (
    Decision,
    joined,
    of_exchange,
    of_profile,
    stops_within,
)
from plimsoll.bridge.wrapping.install import guard_of
from plimsoll.core import PlimsollError, Side
from plimsoll.journal.kind import Kind
from plimsoll.performance.shortfall import (
    TARGETS,
    Shortfall,
    TargetDay,
    shortfall_words,
)
from plimsoll.signals.capacity import Capacity, Fitted, fitted
from plimsoll.signals.planning import Plan

logger = logging.getLogger(__name__)

STOPPED_OUT = "stopped_out"
"""The cause of what is missing of a pair whose leg was stopped out and is not entered yet."""
ENOUGH_FRACTION = 0.99
"""Below this share of its targets held a start says so."""


class Portfolio(Protocol):
    """What is asked of a strategy."""

    config: Any
    stoploss: float
    wallets: Any
    dp: Any

    def get_strategy_name(self) -> str:
        """Return its name."""

    def equity_usd(self, now: datetime) -> float:
        """Return the account's worth."""

    def desired_leverage(self, pair: str, side: Side, now: datetime) -> float:
        """Return the leverage of a position that it would open."""


class TargetFit:
    """Fits the targets of one strategy to its account, and keeps what is missing.

    A backtest's result has the sum of it (`plimsoll.performance.shortfall`), the decision log of
    a running bot one record a day.
    """

    def __init__(self, strategy: Portfolio) -> None:
        self._strategy = strategy
        self._days: dict[datetime, TargetDay] = {}
        self._is_short = False
        self._looked = False

    def begin(self) -> None:
        """Have the result of a backtest say what could not be held."""
        strategy = self._strategy
        if strategy.config["runmode"] == RunMode.BACKTEST:
            offer_figure(strategy.get_strategy_name(), strategy.config, TARGETS, self._figure)

    @property
    def has_looked(self) -> bool:
        """Whether the past was looked at."""
        return self._looked

    def note(
        self,
        moment: datetime,
        weights: Mapping[str, float],
        capacity: Capacity,
        now: datetime,
        *,
        shut: Collection[str] = (),
    ) -> None:
        """Keep what of the targets of a decision the account can hold; of midnight's, and once.

        ``now`` is when it was made, which in a running bot is a little later; pairs that are
        ``shut`` were stopped out.
        """
        if moment.hour or moment.minute or moment.second or moment.microsecond:
            return
        if self._days and moment < next(reversed(self._days)):  # another run of the same strategy
            self._days.clear()
        if moment in self._days:
            return
        fits = fitted(weights, capacity)
        self._days[moment] = day = _day(weights, fits, shut)
        guard = guard_of(self._strategy)
        if guard is not None and guard.session is not None:
            guard.session.record(
                Kind.TARGETS,
                now,
                day=f"{moment:%Y-%m-%d}",
                asked=day.asked,
                pairs=day.pairs,
                missing=day.missing,
                held_fraction=Shortfall.of_days([day]).held_fraction,
                scale=fits.scale,
            )

    def restrained(self, plan: Plan, held_usd: Mapping[str, float]) -> Plan:
        """Return a plan in which nothing grows while too little of the targets can be held."""
        if not self._is_short:
            return plan
        values = {}
        for pair, value in plan.values_usd.items():
            low, high = sorted((0.0, held_usd.get(pair, 0.0)))
            values[pair] = min(max(value, low), high)
        return replace(plan, values_usd=values)

    def look(self, shortfall: Shortfall) -> None:
        """Say in the log how much of the targets of the past (`of_past`) the account can hold.

        It is a warning where that is less than nearly all of them. Below
        ``plimsoll.least_targets_fraction`` nothing is entered or added to.

        Raises
        ------
        PlimsollError
            In a backtest below ``plimsoll.least_targets_fraction``.
        """
        self._looked = True
        settings = settings_from(self._strategy.config)
        line = _words(self._strategy, shortfall)
        self._is_short = shortfall.held_fraction < settings.least_targets_fraction
        if self._is_short:
            line += (
                f"; expected at least {settings.least_targets_fraction:.0%} of them "
                "(plimsoll.least_targets_fraction): loosen the limit that is named, or lower the "
                "strategy's target"
            )
            if self._strategy.config["runmode"] == RunMode.BACKTEST:
                raise PlimsollError(line)
            logger.error("plimsoll: %s", line)
            self._tell(f"{line}; until then nothing is entered or added to")
        else:
            level = logging.INFO if shortfall.held_fraction >= ENOUGH_FRACTION else logging.WARNING
            logger.log(level, "plimsoll: %s", line)

    def _tell(self, line: str) -> None:
        """Tell the people of a running bot."""
        guard = guard_of(self._strategy)
        supervisor = None if guard is None or guard.session is None else guard.session.supervisor
        if supervisor is not None:
            supervisor.say(line, datetime.now(UTC), TARGETS)

    def of_past(
        self, weights: pd.DataFrame, closes: pd.DataFrame, stops: pd.DataFrame
    ) -> Shortfall:
        """Return what of the targets of the past an empty account like this one could not hold.

        Parameters
        ----------
        weights, closes, stops
            Days × pairs: targets, daily closes, distances of stops as fractions.
        """
        strategy, days = self._strategy, []
        settings = settings_from(strategy.config)
        weights = weights.reindex(closes.index).dropna(how="all")
        equity = strategy.equity_usd(closes.index[-1].to_pydatetime()) if len(closes) else 0.0
        rows = zip(
            weights.index,
            *(
                frame.reindex(weights.index).to_dict("records")
                for frame in (weights, closes, stops)
            ),
            strict=True,
        )
        for day, wanted, prices, distances in rows:
            now = day.to_pydatetime()
            sides = {pair: Side.LONG if one > 0 else Side.SHORT for pair, one in wanted.items()}
            leverages = {
                pair: strategy.desired_leverage(pair, side, now) for pair, side in sides.items()
            }
            decision = Decision(
                now=now,
                equity_usd=equity,
                targets=wanted,
                prices=_known(prices),
                stops=stops_within(_known(distances), strategy.stoploss, leverages),
                leverages=leverages,
            )
            capacity = of_exchange(strategy, decision, {})
            if settings.guards == "enforce":
                capacity = joined(capacity, of_profile(settings, decision, held={}))
            days.append(_day(decision.targets, fitted(decision.targets, capacity)))
        return Shortfall.of_days(days)

    def _figure(self) -> Mapping[str, Any] | None:
        return Shortfall.of_days(self._days.values()).to_dict() if self._days else None


def _day(weights: Mapping[str, float], fits: Fitted, shut: Collection[str] = ()) -> TargetDay:
    wanted = sum(1 for weight in weights.values() if abs(weight) > 0)
    left = {pair: abs(fits.weights[pair]) for pair in shut if abs(fits.weights.get(pair, 0)) > 0}
    missing = {**fits.missing, STOPPED_OUT: left} if left else fits.missing
    return TargetDay(asked=fits.asked, pairs=wanted, missing=missing)


def _words(strategy: Portfolio, shortfall: Shortfall) -> str:
    return (
        f"this profile lets {strategy.get_strategy_name()} hold {shortfall_words(shortfall)} "
        f"({shortfall.days:,} days)"
    )


def _known(values: Mapping[str, float]) -> dict[str, float]:
    return {pair: value for pair, value in values.items() if not isnan(value)}
