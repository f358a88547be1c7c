"""From what Freqtrade is about to order to what the guards are asked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from plimsoll.bridge.guarding.supervisor import Supervisor
from plimsoll.candles.windows import correlation, yearly_volatility
from plimsoll.candles.windows import volatility as volatility_of
from plimsoll.core import AccountSnapshot, EntryRequest, Mode, PlimsollError, Side, Verdict
from plimsoll.features import FeatureUse
from plimsoll.risk import Evaluation, RiskProfile
from plimsoll.risk.costs import TradingCosts
from plimsoll.risk.sizing import largest_stake_usd, planned_stake_usd

NO_STOP_FRACTION = 0.99
"""A ``stoploss`` this wide is none: Freqtrade's way to write it."""
LEAST_CANDLES = 20
"""Fewer candles do not tell how much a price moves."""

Distance = tuple[FeatureUse, float] | None


class Rules(Protocol):
    """What an entry needs of a strategy."""

    stoploss: float

    def stop_distance(self) -> Distance:
        """Return the feature and the multiple of the stop."""

    def trailing_distance(self) -> Distance:
        """Return the feature and the multiple by which the stop trails."""

    def target_distance(self) -> Distance:
        """Return the feature and the multiple of the target."""

    def value_before(self, pair: str, moment: datetime, use: FeatureUse) -> float | None:
        """Return a feature on the last candle closed at a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An entry or an addition that a strategy wants, before the guards."""

    pair: str
    side: Side
    now: datetime
    price: float
    stake_usd: float
    leverage: float
    tag: str | None = None
    stop_price: float | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """A question to the guards: the request, and the account that it is asked of."""

    request: EntryRequest
    account: AccountSnapshot
    evaluation: Evaluation
    tag: str | None
    yearly_volatility: float | None

    def resized(self, stake_usd: float, price: float) -> "Pending":
        """Return the question about another stake at another price."""
        request = replace(self.request, stake_usd=stake_usd, price=price)
        return Pending(request, self.account, self.evaluation, self.tag, self.yearly_volatility)


def ask(
    wanted: Wanted,
    rules: Rules,
    supervisor: Supervisor,
    costs: TradingCosts,
    *,
    spread_fraction: float | None,
) -> Pending:
    """Return the question about an entry, with the account at this moment.

    Raises
    ------
    PlimsollError
        When a stop or target that the strategy declares, or the volatility by which latency
        costs, is unknown at this candle.
    """
    profile, now = supervisor.profile, wanted.now
    account, evaluation = supervisor.of_entry(wanted.pair, now, leverage=wanted.leverage)
    request = EntryRequest(
        pair=wanted.pair,
        side=wanted.side,
        stake_usd=wanted.stake_usd,
        price=wanted.price,
        stop_price=wanted.stop_price or _stop_price(wanted, rules),
        target_price=_target_price(wanted, rules),
        leverage=wanted.leverage,
        fill_cost_fraction=_fill_cost(wanted, supervisor, costs),
        spread_fraction=spread_fraction,
        liquidity_usd=_liquidity(wanted, supervisor),
        correlations=_correlations(wanted, account, supervisor),
    )
    volatility = None
    if profile.sizing == "volatility_target":
        window = supervisor.account.window(wanted.pair, now, profile.correlation_candles)
        volatility = yearly_volatility(window, least_candles=profile.correlation_candles)
    return Pending(request, account, evaluation, wanted.tag, volatility)


def stake_for(pending: Pending, profile: RiskProfile, *, planned: bool = True) -> float:
    """Return the stake: what was wanted, at most what sizing plans and the limits leave.

    In a drawdown both what was wanted and what sizing plans shrink.
    """
    request, account = pending.request, pending.account
    stake = request.stake_usd
    if planned and (request.stop_price is not None or profile.sizing == "volatility_target"):
        volatility = pending.yearly_volatility
        stake = min(
            stake,
            planned_stake_usd(request, account, profile, yearly_volatility_fraction=volatility),
        )
    stake *= pending.evaluation.of_pair(request.pair).multiplier
    return max(0.0, min(stake, largest_stake_usd(request, account, profile)))


def denial_of_size(
    pending: Pending, supervisor: Supervisor, *, stake_usd: float, least_usd: float
) -> Verdict:
    """Return why the stake left is too small: what the guards say of the least, or of it."""
    request = pending.request
    if least_usd > 0:  # the one wanted would have been cut to its limit: that is not the reason
        request = replace(request, stake_usd=min(least_usd, request.stake_usd))
    found = supervisor.judge(request, pending.account, pending.evaluation)
    if not found.allows_entries:
        return found
    reason = (
        f"{stake_usd:.2f} USD is what the limits leave, below the {least_usd:.2f} USD that the "
        "exchange takes"
    )
    return Verdict(
        Mode.REDUCING,
        "position_size",
        reason,
        pair=pending.request.pair,
        value=stake_usd,
        limit=least_usd,
    )


def _fill_cost(wanted: Wanted, supervisor: Supervisor, costs: TradingCosts) -> float:
    if costs.latency_ms == 0:
        return costs.of_pair(wanted.pair).fraction
    window = supervisor.account.window(
        wanted.pair, wanted.now, supervisor.profile.correlation_candles
    )
    volatility = volatility_of(window, least_candles=LEAST_CANDLES)
    if volatility is None:
        raise PlimsollError(
            f"volatility of {wanted.pair} is unknown with fewer than {LEAST_CANDLES} candles, "
            "so is the cost of latency"
        )
    return costs.fill_fraction_of(wanted.pair, volatility)


def _stop_price(wanted: Wanted, rules: Rules) -> float | None:
    away = -wanted.side.sign
    widest = wanted.price * -rules.stoploss / wanted.leverage
    declared = (rules.stop_distance(), rules.trailing_distance())
    distances = [
        distance for one in declared if (distance := _distance(wanted, rules, one)) is not None
    ]
    if distances:
        return wanted.price + away * min(*distances, widest)
    return None if -rules.stoploss >= NO_STOP_FRACTION else wanted.price + away * widest


def _target_price(wanted: Wanted, rules: Rules) -> float | None:
    distance = _distance(wanted, rules, rules.target_distance())
    return None if distance is None else wanted.price + wanted.side.sign * distance


def _distance(wanted: Wanted, rules: Rules, declared: Distance) -> float | None:
    if declared is None:
        return None
    use, multiple = declared
    value = rules.value_before(wanted.pair, wanted.now, use)
    if value is None:
        raise PlimsollError(f"{use.column} of {wanted.pair} is unknown, so is the stop or target")
    return value * multiple


def _liquidity(wanted: Wanted, supervisor: Supervisor) -> float | None:
    if supervisor.profile.max_liquidity_share_fraction is None:
        return None
    return supervisor.account.turnover_usd(wanted.pair, wanted.now)


def _correlations(
    wanted: Wanted, account: AccountSnapshot, supervisor: Supervisor
) -> Mapping[str, float] | None:
    others = [one.pair for one in account.positions or () if one.pair != wanted.pair]
    profile = supervisor.profile
    if not others or profile.max_correlation >= 1:
        return dict.fromkeys(others, 1.0)
    count = profile.correlation_candles
    own = supervisor.account.window(wanted.pair, wanted.now, count)
    found = {
        other: correlation(
            own,
            supervisor.account.window(other, wanted.now, count),
            least_candles=count // 2,
        )
        for other in others
    }
    return {other: value for other, value in found.items() if value is not None}
