"""What the account of a portfolio can hold: Freqtrade's wallet, the exchange, the risk profile.

Freqtrade counts stakes at entry prices and knows no open profit, the guards count a position at
the higher of entry and mark, and a book is decided at marks: each limit is turned into one on
values at the prices of the decision, for the worst that a position which stays can make of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite, nan
from typing import Any

import pandas as pd
from freqtrade.persistence import Trade

from plimsoll.bridge.account.freqtrade_trades import whole_position
from plimsoll.bridge.config.settings import PlimsollSettings, settings_from
from plimsoll.bridge.guarding.supervisor import Supervisor
from plimsoll.bridge.wrapping.install import guard_of
from plimsoll.candles.windows import yearly_volatility
from plimsoll.core import Position, Side
from plimsoll.risk import RiskProfile
from plimsoll.risk.exposure import counted_stop_price, loss_at_stop_fraction, position_heat_usd
from plimsoll.risk.guards.exposure import exposure_limit_usd
from plimsoll.risk.guards.position_size import position_limit_usd
from plimsoll.risk.sizing import planned_risk_fraction, volatility_notional_usd
from plimsoll.signals.capacity import Budget, Capacity
from plimsoll.signals.panels import ONE_DAY
from plimsoll.signals.rows import floored

RESERVE_FRACTION = 0.01
"""Share of every limit that is kept: prices move between the decision and its last fill."""

WALLET = "tradable_balance_ratio"
EXPOSURE, HEAT = "max_exposure_fraction", "max_portfolio_heat_fraction"
POSITION, RISK = "max_position_fraction", "max_risk_per_trade_fraction"
EXCHANGE_MAXIMUM = "exchange_maximum"

Values = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a portfolio decides by at one moment.

    Attributes
    ----------
    now
        The moment, UTC.
    equity_usd
        What its weights are fractions of.
    targets
        By pair, the weight that it wants; NaN for no opinion.
    prices
        By pair, the last price that is known.
    stops
        By pair, the distance of the stop of a new position as a fraction of its price.
    leverages
        By pair; 1 where it is not named.
    """

    now: datetime
    equity_usd: float
    targets: Values
    prices: Values
    stops: Values
    leverages: Values = field(default_factory=dict)


def capacity_of(strategy: Any, decision: Decision) -> Capacity:
    """Return what the account of a strategy can hold at a decision.

    The limits of the profile are those of its size guards and of its sizing, and the share of
    every stake that a guard leaves at this moment; none of them where the guards are off or only
    observe. A guard that allows no stake at all is no reason to close what is held: it denies
    the orders itself. Limits on a single order (spread, price, depth) are not among them.
    """
    supervisor = enforcing(strategy)
    held = _held(decision)
    capacity = of_exchange(strategy, decision, held)
    if supervisor is None:
        return capacity
    settings = settings_from(strategy.config)
    limits = of_profile(settings, decision, held=held, supervisor=supervisor)
    return joined(capacity, limits)


def decision_of(strategy: Any, moment: pd.Timestamp, weights: Values) -> Decision:
    """Return what a portfolio strategy decides by at a moment, with its targets."""
    pairs = {*weights, *(one.pair for one in Trade.get_trades_proxy(is_open=True))}
    sides = {pair: Side.LONG if weight > 0 else Side.SHORT for pair, weight in weights.items()}
    leverages = {pair: strategy.desired_leverage(pair, sides[pair], moment) for pair in sides}
    fractions = strategy.breaker_rows().at(floored(moment, ONE_DAY) - ONE_DAY)
    return Decision(
        now=moment,
        equity_usd=strategy.equity_usd(moment, strategy.marking()),
        targets=weights,
        prices=strategy.closes_at(pairs, moment),
        stops=stops_within(fractions, strategy.stoploss, leverages),
        leverages=leverages,
    )


def joined(one: Capacity, other: Capacity) -> Capacity:
    """Return a capacity with the limits of both, of the first one's account."""
    return Capacity(
        equity_usd=one.equity_usd,
        budgets=(*one.budgets, *other.budgets),
        largest_usd={**one.largest_usd, **other.largest_usd},
        least_usd={**one.least_usd, **other.least_usd},
        most_positions={**one.most_positions, **other.most_positions},
        multipliers={**one.multipliers, **other.multipliers},
        held_usd=one.held_usd,
    )


def stops_within(fractions: Values, stoploss: float, leverages: Values) -> dict[str, float]:
    """Return the distances of stops from the entry, none farther than Freqtrade sets one.

    Freqtrade's ``stoploss`` is a loss of the margin: at leverage 3 a third of it in price.
    """
    return {
        pair: min(fraction, -stoploss / leverages.get(pair, 1.0))
        for pair, fraction in fractions.items()
    }


def of_exchange(strategy: Any, decision: Decision, held: Mapping[str, Position]) -> Capacity:
    """Return what Freqtrade's wallet and slots and the exchange's limits allow.

    Without an exchange, as where a strategy is only checked, its limits are none.
    """
    least, largest = _orders(strategy, decision)
    slots = strategy.max_open_trades
    return Capacity(
        equity_usd=decision.equity_usd,
        budgets=(_wallet(strategy, decision, held),),
        largest_usd={EXCHANGE_MAXIMUM: largest} if largest else {},
        least_usd=least,
        most_positions={"max_open_trades": int(slots)} if isfinite(slots) and slots >= 0 else {},
        held_usd={pair: _value(one) for pair, one in held.items()},
    )


def of_profile(
    settings: PlimsollSettings,
    decision: Decision,
    *,
    held: Mapping[str, Position],
    supervisor: Supervisor | None = None,
) -> Capacity:
    """Return what the limits of the risk profile allow.

    Without a supervisor there is no track record and no volatility to size by: a position is then
    as large as by the fixed fraction, and no guard leaves less than the whole stake.
    """
    profile = settings.risk
    equity = max(0.0, decision.equity_usd) * (1 - RESERVE_FRACTION)
    losses = _losses_per_usd(settings, decision)
    kept = {pair: one for pair, one in held.items() if _stays(one, decision.targets)}
    dearer = sum(one.notional_usd - abs(_value(one)) for one in kept.values())
    hotter = sum(
        max(
            0.0, (position_heat_usd(one, profile) or 0.0) - losses.get(pair, 0.0) * abs(_value(one))
        )
        for pair, one in kept.items()
    )
    budgets = (
        Budget(cause=EXPOSURE, usd=exposure_limit_usd(equity, profile) - dearer),
        Budget(
            cause=HEAT,
            usd=equity * profile.max_portfolio_heat_fraction - hotter,
            per_usd=losses,
        ),
    )
    largest = {
        POSITION: dict.fromkeys(losses, position_limit_usd(equity, profile)),
        RISK: {
            pair: equity * profile.max_risk_per_trade_fraction / loss
            for pair, loss in losses.items()
        },
    }
    return Capacity(
        equity_usd=decision.equity_usd,
        budgets=budgets,
        largest_usd={**largest, **_planned(profile, decision, equity, losses, supervisor)},
        most_positions={"max_open_positions": profile.max_open_positions},
        multipliers={} if supervisor is None else _multipliers(supervisor, decision),
    )


def share_left(strategy: Any, pair: str, now: datetime) -> float:
    """Return the share of every stake that the guards leave a pair at this moment.

    A target that was fitted has it in already: an order asks for its stake over this share, and
    the guards cut it to the stake. It is 1 where they leave none: they deny the order then.
    """
    supervisor = enforcing(strategy)
    if supervisor is None:
        return 1.0
    _, evaluation = supervisor.of_entry(pair, now, leverage=1.0)
    share = evaluation.of_pair(pair).multiplier
    return share if 0 < share < 1 else 1.0


def enforcing(strategy: Any) -> Supervisor | None:
    """Return the supervisor of a strategy's guards where they act; ``None`` otherwise."""
    guard = guard_of(strategy)
    session = None if guard is None else guard.session
    if session is None or not session.guards or session.observes:
        return None
    return session.supervisor


def _held(decision: Decision) -> dict[str, Position]:
    """Return what is held by pair, resting additions as if they were filled."""
    return {
        trade.pair: whole_position(trade, decision.prices.get(trade.pair))
        for trade in Trade.get_trades_proxy(is_open=True)
    }


def _value(position: Position) -> float:
    mark = position.entry_price if position.mark_price is None else position.mark_price
    return position.amount * mark * position.side.sign


def _stays(position: Position, targets: Values) -> bool:
    """Return whether any of a position may stay: it is not to be closed."""
    weight = targets.get(position.pair, nan)
    return not weight * position.side.sign <= 0


def _orders(strategy: Any, decision: Decision) -> tuple[dict[str, float], dict[str, float]]:
    """Return the smallest and the largest position that the exchange takes, by pair."""
    exchange = strategy.dp._exchange  # noqa: SLF001 - DataProvider offers no exchange
    least: dict[str, float] = {}
    largest: dict[str, float] = {}
    if exchange is None:
        return least, largest
    for pair, price in decision.prices.items():
        leverage = decision.leverages.get(pair, 1.0)
        smallest = exchange.get_min_pair_stake_amount(pair, price, strategy.stoploss, leverage)
        most = exchange.get_max_pair_stake_amount(pair, price, leverage)
        least[pair] = (smallest or 0.0) * leverage
        if isfinite(most):
            largest[pair] = most * leverage
    return least, largest


def _wallet(strategy: Any, decision: Decision, held: Mapping[str, Position]) -> Budget:
    """Return what may be held on Freqtrade's tradable balance, at the prices of the decision.

    A stake stays at its entry price whatever the position is worth, and its profit becomes
    balance when it is closed. The stake of a position that stays exceeds its margin at the mark
    by the one; reduced, it would change the balance by the other: the worse of both is kept.
    """
    ratio = 1.0
    if "available_capital" not in strategy.config:
        ratio = float(strategy.config.get("tradable_balance_ratio", 1.0))
    tradable = float(strategy.wallets.get_total_stake_amount())
    for one in held.values():
        profit = one.unrealised_usd or 0.0
        if _stays(one, decision.targets):
            margin = abs(_value(one)) / one.leverage
            tradable -= max((one.margin_usd or margin) - margin, -ratio * profit)
        else:
            tradable += ratio * profit
    leverages = {**decision.leverages, **{pair: one.leverage for pair, one in held.items()}}
    shares = {pair: 1 / leverage for pair, leverage in leverages.items() if leverage != 1}
    return Budget(cause=WALLET, usd=tradable * (1 - RESERVE_FRACTION), per_usd=shares)


def _losses_per_usd(settings: PlimsollSettings, decision: Decision) -> dict[str, float]:
    """Return what one USD of each pair's position loses at its stop, both fees included."""
    losses = {}
    for pair, distance in decision.stops.items():
        sign = -1 if decision.targets.get(pair, 0.0) < 0 else 1
        stop = counted_stop_price(1.0, 1 - sign * distance, sign=sign, profile=settings.risk)
        cost = settings.costs.of_pair(pair).fraction
        losses[pair] = loss_at_stop_fraction(1.0, stop, sign=sign, fill_cost=cost)
    return losses


def _planned(
    profile: RiskProfile,
    decision: Decision,
    equity: float,
    losses: Values,
    supervisor: Supervisor | None,
) -> dict[str, dict[str, float]]:
    """Return the largest entry that the profile's sizing plans, by pair; the guards cut it."""
    if profile.sizing == "volatility_target" and supervisor is not None:
        return {"target_volatility_fraction": _by_volatility(decision, equity, supervisor)}
    fraction = min(profile.fixed_risk_fraction, profile.max_risk_per_trade_fraction)
    if supervisor is not None:
        fraction = planned_risk_fraction(supervisor.account.snapshot(decision.now), profile)
    cause = "kelly_multiple" if profile.sizing == "half_kelly" else "fixed_risk_fraction"
    return {cause: {pair: equity * fraction / loss for pair, loss in losses.items()}}


def _by_volatility(decision: Decision, equity: float, supervisor: Supervisor) -> dict[str, float]:
    count, largest = supervisor.profile.correlation_candles, {}
    for pair in decision.stops:
        window = supervisor.account.window(pair, decision.now, count)
        volatility = yearly_volatility(window, least_candles=count)
        known = volatility is not None and volatility > 0 and equity > 0
        largest[pair] = (
            volatility_notional_usd(equity, volatility or nan, supervisor.profile) if known else 0.0
        )
    return largest


def _multipliers(supervisor: Supervisor, decision: Decision) -> dict[str, float]:
    """Return the share of every stake that a guard leaves, where that is a part of it."""
    pair = next(iter(decision.prices), "")
    _, evaluation = supervisor.of_entry(pair, decision.now, leverage=1.0)
    verdict = evaluation.account
    return {verdict.rule: verdict.multiplier} if 0 < verdict.multiplier < 1 else {}
