"""What follows a re-arming: probation for a while, and a drawdown beyond which none is plain.

A re-arming measures drawdown and losses in a row anew. Two things it leaves as they are: the
account is on probation until it has shown itself, and the highest equity ever is still what the
terminal drawdown is measured from.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from plimsoll.risk.denial import known, positive
from plimsoll.risk.profile import RiskProfile


@dataclass(frozen=True, slots=True)
class Standing:
    """What of an account outlives its re-armings; ``None`` where it is unknown, or never was.

    Attributes
    ----------
    rearmed_at, beyond_terminal_at
        When it was last re-armed, and when beyond its terminal drawdown.
    peak_usd, peak_at
        The highest equity ever, and when it was reached.
    equity_usd
        The equity now.
    """

    rearmed_at: datetime | None = None
    peak_usd: float | None = None
    peak_at: datetime | None = None
    beyond_terminal_at: datetime | None = None
    equity_usd: float | None = None

    @property
    def fall_fraction(self) -> float | None:
        """The drawdown from the highest equity ever; ``None`` when unknown."""
        return fall_fraction(self.equity_usd, self.peak_usd)


def probation_until(
    rearmed_at: datetime | None, peak_at: datetime | None, profile: RiskProfile
) -> datetime | None:
    """Return when the probation of the last re-arming ends by itself; ``None`` without one.

    There is none before a first re-arming, none after the highest equity ever (reached at
    ``peak_at``) was exceeded since, and none where the profile has no days or takes nothing off
    the stakes. A moment that has passed is still returned.
    """
    if rearmed_at is None or profile.probation_days == 0 or profile.probation_stake_fraction == 1:
        return None
    if peak_at is not None and peak_at > rearmed_at:
        return None
    return rearmed_at + timedelta(days=profile.probation_days)


def is_on_probation(
    now: datetime,
    rearmed_at: datetime | None,
    peak_at: datetime | None,
    profile: RiskProfile,
) -> bool:
    """Return whether stakes are still smaller after the last re-arming; not at its very end."""
    until = probation_until(rearmed_at, peak_at, profile)
    return until is not None and now < until


def fall_fraction(equity_usd: float | None, peak_usd: float | None) -> float | None:
    """Return the drawdown from the highest equity ever; ``None`` when either is unknown."""
    if not known(equity_usd) or not positive(peak_usd):
        return None
    return (peak_usd - equity_usd) / peak_usd


def is_terminal(equity_usd: float | None, peak_usd: float | None, profile: RiskProfile) -> bool:
    """Return whether the terminal drawdown is reached; exactly at it counts, unknown does not."""
    limit, fall = profile.terminal_drawdown_fraction, fall_fraction(equity_usd, peak_usd)
    return limit is not None and fall is not None and fall >= limit


def is_accepted(beyond_terminal_at: datetime | None, peak_at: datetime | None) -> bool:
    """Return whether a person has re-armed beyond the terminal drawdown since the last peak."""
    return beyond_terminal_at is not None and (peak_at is None or beyond_terminal_at > peak_at)


def terminal_floor_usd(
    peak_usd: float | None, profile: RiskProfile, *, accepted: bool = False
) -> float:
    """Return the equity at which the terminal drawdown halts; minus infinity where it does not.

    Infinity when the highest equity is unknown: then no equity is surely above it.
    """
    limit = profile.terminal_drawdown_fraction
    if limit is None or accepted:
        return -inf
    return peak_usd * (1 - limit) if positive(peak_usd) else inf


def moved_peak_usd(peak_usd: float, equity_usd: float | None, moved_usd: float) -> float:
    """Return the highest equity after money was moved in or out: the drawdown stays the same.

    A withdrawal is no loss, and a payment does not make a loss smaller. By the amount alone where
    the equity before the move is unknown, or nothing is left of it. An account at its highest
    equity is there afterwards as well, not above it by a digit: that would be a new high.
    """
    if not positive(equity_usd) or equity_usd + moved_usd <= 0:
        return peak_usd + moved_usd
    moved_peak = peak_usd * (equity_usd + moved_usd) / equity_usd
    return moved_peak if equity_usd > peak_usd else max(moved_peak, equity_usd + moved_usd)
