"""Which limit has cut a stake."""

from plimsoll.core import AccountSnapshot, EntryRequest
from plimsoll.risk.denial import ROUNDING
from plimsoll.risk.evaluate import Evaluation
from plimsoll.risk.exposure import exposure_usd, heat_usd, stake_risk_usd
from plimsoll.risk.guards.exposure import exposure_limit_usd
from plimsoll.risk.guards.position_size import position_limit_usd
from plimsoll.risk.profile import RiskProfile

SIZING = "sizing"
"""The name of a cut that no guard makes, but the profile's sizing: risk at the stop, volatility."""


def binding_rule(
    request: EntryRequest,
    account: AccountSnapshot,
    profile: RiskProfile,
    evaluation: Evaluation,
    *,
    stake_usd: float,
) -> str:
    """Return what cut the stake of ``request`` down to ``stake_usd``: a guard, or `SIZING`.

    A limit that leaves exactly this stake has cut it, also where the sizing planned as much;
    else the verdict that leaves the pair only a share of each stake; else the sizing.
    """
    leaves = _left_by_limits(request, account, profile)
    rule = min(leaves, key=lambda one: leaves[one], default=SIZING)
    if leaves and leaves[rule] <= stake_usd * (1 + ROUNDING):
        return rule
    verdict = evaluation.of_pair(request.pair)
    return verdict.rule if verdict.multiplier < 1 else SIZING


def _left_by_limits(
    request: EntryRequest, account: AccountSnapshot, profile: RiskProfile
) -> dict[str, float]:
    """Return the stake that each size limit leaves, by guard; empty when it cannot be known."""
    equity, per_usd = account.equity_usd, stake_risk_usd(request, 1.0, profile)
    held, held_pair = exposure_usd(account), exposure_usd(account, request.pair)
    heat, heat_pair = heat_usd(account, profile), heat_usd(account, profile, request.pair)
    if equity is None or held is None or held_pair is None or heat is None or heat_pair is None:
        return {}
    if per_usd is None or not per_usd > 0:
        return {}
    leaves = {
        "position_size": (position_limit_usd(equity, profile) - held_pair) / request.leverage,
        "exposure": (exposure_limit_usd(equity, profile) - held) / request.leverage,
        "portfolio_heat": (equity * profile.max_portfolio_heat_fraction - heat) / per_usd,
        "risk_per_trade": (equity * profile.max_risk_per_trade_fraction - heat_pair) / per_usd,
    }
    if profile.max_liquidity_share_fraction is not None and request.liquidity_usd is not None:
        share = request.liquidity_usd * profile.max_liquidity_share_fraction
        leaves["liquidity"] = share / request.leverage
    return leaves
