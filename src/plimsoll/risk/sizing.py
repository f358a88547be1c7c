"""How large a position may be: from the risk that was planned, never from hope."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

from plimsoll.core import AccountSnapshot, ClosedTrade, EntryRequest, Mode, Verdict
from plimsoll.risk.denial import known, positive
from plimsoll.risk.evaluate import Evaluation, evaluate_entry
from plimsoll.risk.exposure import exposure_usd, heat_usd, stake_risk_usd
from plimsoll.risk.guards.exposure import exposure_limit_usd
from plimsoll.risk.guards.position_size import position_limit_usd
from plimsoll.risk.profile import RiskProfile


@dataclass(frozen=True, slots=True)
class EntrySize:
    """The stake that may be ordered: above 0, or 0 with the verdict that says why."""

    stake_usd: float
    denial: Verdict | None = None


def size_entry(
    request: EntryRequest,
    account: AccountSnapshot,
    profile: RiskProfile,
    evaluation: Evaluation,
    *,
    yearly_volatility_fraction: float | None = None,
    planned: bool = True,
    least_usd: float = 0.0,
    raised_from_fraction: float = 1.0,
) -> EntrySize:
    """Return the stake of an entry, from what is wanted (``request.stake_usd``) downwards.

    In this order: at most what the profile's sizing plans, where a stop or a volatility target
    sizes it; the share of it that ``evaluation`` leaves the pair, so that in a drawdown a plan
    shrinks too; at most what the size limits leave. A stake that is NaN is 0.

    ``yearly_volatility_fraction`` is what a volatility target sizes by; unknown (``None``), it
    allows no stake. Without ``planned`` the profile's sizing has no say, as in an addition to a
    position. Below ``least_usd``, the smallest stake that the exchange takes, a stake is denied,
    unless it is at least ``raised_from_fraction`` of it: the order is raised to it then.
    """
    stake = request.stake_usd
    if planned and (request.stop_price is not None or profile.sizing == "volatility_target"):
        plan = planned_stake_usd(
            request, account, profile, yearly_volatility_fraction=yearly_volatility_fraction
        )
        stake = min(stake, plan)
    stake *= evaluation.of_pair(request.pair).multiplier
    stake = max(0.0, min(stake, largest_stake_usd(request, account, profile)))
    if stake <= 0 or stake < least_usd * raised_from_fraction:
        return EntrySize(0.0, _too_small(stake, least_usd, request, account, profile, evaluation))
    return EntrySize(stake)


def _too_small(
    stake_usd: float,
    least_usd: float,
    request: EntryRequest,
    account: AccountSnapshot,
    profile: RiskProfile,
    evaluation: Evaluation,
) -> Verdict:
    """Return what the guards say of the smallest stake; if they allow it, that it is too small."""
    if least_usd > 0:  # the one wanted would have been cut to its limit: that is not the reason
        request = replace(request, stake_usd=min(least_usd, request.stake_usd))
    verdict = evaluate_entry(request, account, profile, evaluation=evaluation)
    if not verdict.allows_entries:
        return verdict
    reason = (
        f"{stake_usd:.2f} USD is what the limits leave, below the {least_usd:.2f} USD that the "
        "exchange takes"
    )
    return Verdict(
        Mode.REDUCING,
        "position_size",
        reason,
        pair=request.pair,
        value=stake_usd,
        limit=least_usd,
    )


def kelly_fraction(win_rate: float, payoff: float) -> float:
    """Return Kelly's share of capital to risk, ``W - (1 - W) / R``; 0 without an edge.

    ``win_rate`` W is from 0 to 1, ``payoff`` R the average win over the average loss. Source:
    Kelly (1956), A New Interpretation of Information Rate.

    Raises
    ------
    ValueError
        When a number is not finite or out of its range.
    """
    if not (0 <= win_rate <= 1 and isfinite(payoff) and payoff > 0):
        message = f"expected a win rate of 0 to 1 and a payoff above 0, found {win_rate}, {payoff}"
        raise ValueError(message)
    return max(0.0, win_rate - (1 - win_rate) / payoff)


def sample_shrinkage(win_rate: float, payoff: float, trades: int) -> float:
    """Return how much of Kelly's bet a sample of this size supports, from 0 to 1.

    The win rate is an estimate with variance ``s² = W (1 - W) / n``; the bet is shrunk by::

        k = f² / (f² + ((R + 1) / R)² s²)

    with f Kelly's fraction, so that k goes to 1 as n grows. Source: Baker & McHale (2013),
    Optimal Betting Under Parameter Uncertainty: Improving the Kelly Criterion, Decision
    Analysis 10 (3), the "back of envelope" estimate.

    Raises
    ------
    ValueError
        As ``kelly_fraction``, and when there are no trades.
    """
    if trades < 1:
        message = f"expected at least one trade, found {trades}"
        raise ValueError(message)
    bet = kelly_fraction(win_rate, payoff)
    if bet <= 0:
        return 0.0
    variance = win_rate * (1 - win_rate) / trades
    return bet**2 / (bet**2 + ((payoff + 1) / payoff) ** 2 * variance)


def half_kelly(trades: Sequence[ClosedTrade], profile: RiskProfile) -> float | None:
    """Return the share of equity to risk by the latest trades, after both reductions.

    Kelly's fraction of the latest ``kelly_trades`` trades, times the sample's shrinkage, times
    ``kelly_multiple``, at most ``max_risk_per_trade_fraction``; 0 without an edge.

    Returns
    -------
    ``None`` when there are fewer trades than that, when a profit is not finite, or when there
    is no win or no loss to measure a payoff by.
    """
    latest = trades[max(0, len(trades) - profile.kelly_trades) :]
    profits = [trade.profit_fraction for trade in latest]
    if len(profits) < profile.kelly_trades or not all(map(isfinite, profits)):
        return None
    wins = [profit for profit in profits if profit > 0]
    losses = [-profit for profit in profits if profit < 0]
    if not wins or not losses:
        return None
    rate = len(wins) / len(profits)
    payoff = (sum(wins) / len(wins)) / (sum(losses) / len(losses))
    shrunk = kelly_fraction(rate, payoff) * sample_shrinkage(rate, payoff, len(profits))
    return min(shrunk * profile.kelly_multiple, profile.max_risk_per_trade_fraction)


def planned_risk_fraction(account: AccountSnapshot, profile: RiskProfile) -> float:
    """Return the share of equity that a trade may lose at its stop, by the profile's sizing.

    Half Kelly that cannot be measured yet is the smaller of the fixed fraction and of its own
    cap: an account is never sized on fewer trades than stated.
    """
    fixed = min(profile.fixed_risk_fraction, profile.max_risk_per_trade_fraction)
    if profile.sizing != "half_kelly":
        return fixed
    measured = half_kelly(account.closed_trades or (), profile)
    return fixed if measured is None else measured


def volatility_notional_usd(
    equity_usd: float, yearly_volatility_fraction: float, profile: RiskProfile
) -> float:
    """Return the notional whose yearly volatility is the profile's share of equity.

    Notional = equity * target / volatility of the market (Moskowitz, Ooi & Pedersen 2012, Time
    Series Momentum, eq. 5).

    Raises
    ------
    ValueError
        When a number is not finite or not positive.
    """
    if not (positive(equity_usd) and positive(yearly_volatility_fraction)):
        message = (
            "expected equity and a volatility that are finite and above 0, found "
            f"{equity_usd}, {yearly_volatility_fraction}"
        )
        raise ValueError(message)
    return equity_usd * profile.target_volatility_fraction / yearly_volatility_fraction


def planned_stake_usd(
    request: EntryRequest,
    account: AccountSnapshot,
    profile: RiskProfile,
    *,
    yearly_volatility_fraction: float | None = None,
) -> float:
    """Return the stake by the profile's sizing, before the limits (``largest_stake_usd``).

    By fixed fraction and half Kelly the loss at the stop, fees of both fills included, is the
    planned one; by volatility target the notional is. 0 when a number that this needs is
    missing or not usable, also for a trade without a stop where the stop sizes it.
    """
    equity = account.equity_usd
    if not positive(equity) or not positive(request.leverage):
        return 0.0
    if profile.sizing == "volatility_target":
        if not positive(yearly_volatility_fraction):
            return 0.0
        notional = volatility_notional_usd(equity, yearly_volatility_fraction, profile)
        return notional / request.leverage
    per_usd = stake_risk_usd(request, 1.0, profile)
    if request.stop_price is None or not positive(per_usd):
        return 0.0
    return equity * planned_risk_fraction(account, profile) / per_usd


def largest_stake_usd(
    request: EntryRequest, account: AccountSnapshot, profile: RiskProfile
) -> float:
    """Return the largest stake that the size limits allow for this entry, 0 for none.

    The limits are those of one position, total exposure, heat, risk per trade and liquidity;
    the stake of ``request`` itself plays no part. What cannot be known allows nothing.
    """
    equity = account.equity_usd
    held, held_pair = exposure_usd(account), exposure_usd(account, request.pair)
    heat, heat_pair = heat_usd(account, profile), heat_usd(account, profile, request.pair)
    per_usd = stake_risk_usd(request, 1.0, profile)
    if not positive(equity) or not positive(per_usd):
        return 0.0
    if not (known(held) and known(held_pair) and known(heat) and known(heat_pair)):
        return 0.0
    stakes = [
        (position_limit_usd(equity, profile) - held_pair) / request.leverage,
        (exposure_limit_usd(equity, profile) - held) / request.leverage,
        (equity * profile.max_portfolio_heat_fraction - heat) / per_usd,
        (equity * profile.max_risk_per_trade_fraction - heat_pair) / per_usd,
    ]
    if profile.max_liquidity_share_fraction is not None:
        offered = request.liquidity_usd
        if not positive(offered):
            return 0.0
        stakes.append(offered * profile.max_liquidity_share_fraction / request.leverage)
    return max(0.0, min(stakes))
