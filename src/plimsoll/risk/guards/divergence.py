"""Live results against what a backtest promised."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from math import sqrt

from plimsoll.core import AccountSnapshot, ClosedTrade, Expectation, Mode, Verdict
from plimsoll.risk.denial import active, known, positive, unknown
from plimsoll.risk.profile import RiskProfile

RULE = "divergence"


def divergence(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Send an account back to paper when it is much worse than its backtest.

    The mean profit and the win rate of the latest trades may be below the expectation by the
    profile's fraction of it; more is a divergence when it is also more than chance, that is
    more than ``divergence_z`` standard errors (of the expectation's spread, over the trades
    compared). Better than expected never halts. Without an expectation nothing is compared,
    unless the profile requires one.

    Returns
    -------
    HALTED, since only a person sends an account back to money; ACTIVE otherwise.
    """
    expected, limit = account.expectation, profile.max_divergence_fraction
    if expected is None and not profile.require_expectation:
        return active(RULE)
    if account.closed_trades is None or expected is None:
        missing = "no expectation" if expected is None else "closed trades None"
        return unknown(RULE, missing, account, profile, limit=limit)
    if not _promises(expected):
        missing = f"the expectation of {expected.source} promises no measurable profit"
        return unknown(RULE, missing, account, profile, limit=limit)
    latest = latest_trades(
        account.closed_trades, count=profile.divergence_trades, since=account.rearmed_at
    )
    if len(latest) < profile.divergence_trades:
        return active(RULE)
    if not all(known(trade.profit_fraction) for trade in latest):
        return unknown(RULE, "a trade's profit is not finite", account, profile, limit=limit)
    return _compare(latest, expected, profile)


def latest_trades(
    trades: Sequence[ClosedTrade], *, count: int, since: datetime | None
) -> list[ClosedTrade]:
    """Return at most ``count`` of the latest trades, those that closed after ``since``."""
    latest = islice(reversed(trades), count)
    return [trade for trade in latest if since is None or trade.closed_at > since]


def _promises(expected: Expectation) -> bool:
    return (
        positive(expected.mean_profit_fraction)
        and positive(expected.profit_std_fraction)
        and positive(expected.win_rate_fraction)
        and expected.win_rate_fraction <= 1
    )


def _compare(latest: Sequence[ClosedTrade], expected: Expectation, profile: RiskProfile) -> Verdict:
    count = len(latest)
    rate = expected.win_rate_fraction
    mean = sum(trade.profit_fraction for trade in latest) / count
    wins = sum(trade.profit_fraction > 0 for trade in latest) / count
    for name, promised, realised, deviation in (
        ("mean profit", expected.mean_profit_fraction, mean, expected.profit_std_fraction),
        ("win rate", rate, wins, sqrt(rate * (1 - rate))),
    ):
        gap, limit = (promised - realised) / promised, profile.max_divergence_fraction
        chance = profile.divergence_z * deviation / sqrt(count)
        if gap > limit and promised - realised > chance:
            reason = (
                f"{name} {realised:.3%} of {count} trades is {gap:.1%} below the {promised:.3%} of "
                f"{expected.source}, limit {limit:.1%}: back to paper"
            )
            return Verdict(Mode.HALTED, RULE, reason, value=gap, limit=limit)
    return active(RULE)
