"""From what Freqtrade is about to order to what the guards are asked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf
from typing import Any, Protocol

from plimsoll.bridge.guarding.supervisor import Supervisor
from plimsoll.candles.windows import correlation, yearly_volatility
from plimsoll.candles.windows import volatility as volatility_of
from plimsoll.core import AccountSnapshot, EntryRequest, PlimsollError, Side
from plimsoll.features import FeatureUse
from plimsoll.risk import EntrySize, Evaluation, RiskProfile, size_entry
from plimsoll.risk.costs import TradingCosts
from plimsoll.risk.stops import nearest_stop_price

NO_STOP_FRACTION = 0.99
"""A ``stoploss`` this wide is none: Freqtrade's way to write it."""
LEAST_CANDLES = 20
"""Fewer candles do not tell how much a price moves."""

Distance = tuple[FeatureUse, float] | None


class Rules(Protocol):
    """What an entry needs of a strategy."""

    @property
    def stoploss(self) -> float:
        """The widest stop, a negative fraction of the stake."""

    def stop_distance(self) -> Distance:
        """Return the feature and the multiple of the stop."""

    def trailing_distance(self) -> Distance:
        """Return the feature and the multiple by which the stop trails."""

    def target_distance(self) -> Distance:
        """Return the feature and the multiple of the target."""

    def value_asked(self, pair: str, moment: datetime, use: FeatureUse) -> float | None:
        """Return a feature on the last candle closed at a moment."""


DECLARED = ("stop_distance", "trailing_distance", "target_distance", "value_asked")


def rules_of(strategy: Any) -> Rules:
    """Return what a strategy declares of its stops; of one that declares none, Freqtrade's stop."""
    declares = all(hasattr(type(strategy), name) for name in DECLARED)
    return strategy if declares else FreqtradeStop(strategy)


def declares_stop(strategy: Any) -> bool:
    """Return whether a strategy declares the stop that its stakes are sized by."""
    rules = rules_of(strategy)
    return rules.stop_distance() is not None or rules.trailing_distance() is not None


class FreqtradeStop:
    """The rules of a strategy that declares none: the stop that Freqtrade itself begins with.

    ``custom_stoploss`` and a trailing stop only tighten it.
    """

    def __init__(self, strategy: Any) -> None:
        self._strategy = strategy

    @property
    def stoploss(self) -> float:
        """The strategy's ``stoploss`` at this moment, a negative fraction of the stake."""
        return float(self._strategy.stoploss)

    def stop_distance(self) -> Distance:
        """Return none."""
        return None

    def trailing_distance(self) -> Distance:
        """Return none."""
        return None

    def target_distance(self) -> Distance:
        """Return none."""
        return None

    def value_asked(self, pair: str, moment: datetime, use: FeatureUse) -> float | None:
        """Know of no feature."""
        return None


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

    def without_resting(self) -> "Pending":
        """Return the question of an account without the pair's entry, which rests unfilled."""
        others = [one for one in self.account.positions or () if one.pair != self.request.pair]
        return replace(self, account=replace(self.account, positions=others))

    def marked(self, price: float | None) -> "Pending":
        """Return the question with the mark price of this moment; ``None`` when unknown."""
        return replace(self, request=replace(self.request, mark_price=price))

    def size(
        self,
        profile: RiskProfile,
        *,
        planned: bool = True,
        least_usd: float = 0.0,
        raised_from_fraction: float = 1.0,
    ) -> EntrySize:
        """Return the stake that may be ordered, or why there is none."""
        # Its price is judged when it is about to be sent; until then it is its own mark.
        return size_entry(
            replace(self.request, mark_price=self.request.price),
            self.account,
            profile,
            self.evaluation,
            yearly_volatility_fraction=self.yearly_volatility,
            planned=planned,
            least_usd=least_usd,
            raised_from_fraction=raised_from_fraction,
        )


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
    """Return the nearest stop that is declared; without one, ``stoploss`` unless it is none."""
    declared = (rules.stop_distance(), rules.trailing_distance())
    distances = [
        distance for one in declared if (distance := _distance(wanted, rules, one)) is not None
    ]
    if not distances and -rules.stoploss < NO_STOP_FRACTION:
        distances = [inf]
    return nearest_stop_price(
        [(wanted.price, distance) for distance in distances],
        side=wanted.side,
        widest_fraction=-rules.stoploss,
        leverage=wanted.leverage,
    )


def _target_price(wanted: Wanted, rules: Rules) -> float | None:
    distance = _distance(wanted, rules, rules.target_distance())
    return None if distance is None else wanted.price + wanted.side.sign * distance


def _distance(wanted: Wanted, rules: Rules, declared: Distance) -> float | None:
    if declared is None:
        return None
    use, multiple = declared
    value = rules.value_asked(wanted.pair, wanted.now, use)
    if value is None:
        raise PlimsollError(f"{use.column} of {wanted.pair} is unknown, so is the stop or target")
    return value * multiple


def _liquidity(wanted: Wanted, supervisor: Supervisor) -> float | None:
    if supervisor.profile.max_liquidity_share_fraction is None:
        return None
    return supervisor.account.liquidity_usd(wanted.pair, wanted.now)


def _correlations(
    wanted: Wanted, account: AccountSnapshot, supervisor: Supervisor
) -> Mapping[str, float] | None:
    others = [one.pair for one in account.positions or () if one.pair != wanted.pair]
    profile = supervisor.profile
    if not others or profile.max_correlation >= 1:
        return dict.fromkeys(others, 1.0)
    count = profile.correlation_candles
    own = supervisor.account.window(wanted.pair, wanted.now, count)
    measured = {
        other: correlation(
            own,
            supervisor.account.window(other, wanted.now, count),
            least_candles=count // 2,
        )
        for other in others
    }
    return {other: value for other, value in measured.items() if value is not None}
