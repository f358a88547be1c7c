"""Whether a model is better than another, and what follows for a seat."""

import math
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plimsoll.champions.events import RULE, Decision, Promoted, Refused, Reviewed, RolledBack
from plimsoll.champions.policy import ChampionPolicy
from plimsoll.champions.seat import Seat, Track, Version
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.sharpe_interval import (
    SharpeInterval,
    sharpe_difference,
    sharpe_interval,
)

Floats = NDArray[np.floating[Any]]

SECONDS_PER_YEAR = 365 * 86_400
_NO_SPREAD = 1e-12


@dataclass(frozen=True, slots=True)
class Judgement:
    """Two models over the same candles, which neither has seen; a Sharpe ratio is a year's.

    Attributes
    ----------
    is_better
        Whether the other model is better than the champion, by the rule that was asked.
    reason
        Why, or why not.
    difference, low, high
        The other's Sharpe ratio less the champion's, with the interval of the paired stationary
        bootstrap; ``None`` where it is not known.
    p_value
        Of the hypothesis that the other is as good or worse.
    """

    is_better: bool
    reason: str
    outcomes: int
    missing: int
    own_sharpe: float | None = None
    other_sharpe: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for a record."""
        return asdict(self)


def compare(
    track: Track,
    *,
    candle_seconds: int,
    least: int,
    level: float,
    better_fraction: float,
    max_missing_fraction: float,
    above: float = 0.0,
) -> Judgement:
    """Judge whether the other model of a track is better than the champion.

    It is when its Sharpe ratio is beyond ``above`` and the champion's by ``better_fraction`` of
    it, and the interval of the difference (`performance.sharpe_interval.sharpe_difference`, candles
    drawn for both at once, one-sided ``level``) lies above 0. A model without any position has a
    ratio of 0. Whatever is missing or no number is no reason to change: fewer outcomes than
    ``least`` less those that may be missing, returns without spread, NaN.
    """
    own = np.array([one.own for one in track.outcomes], dtype="float64")
    other = np.array([one.other for one in track.outcomes], dtype="float64")
    counts = {"outcomes": len(own), "missing": track.missing}
    if track.missing > max_missing_fraction * max(track.candles, 1):
        share = track.missing / track.candles
        told = f"{share:.1%} of its outcomes are missing, {max_missing_fraction:.1%} may be"
        return Judgement(is_better=False, reason=told, **counts)
    if track.candles < least:
        return Judgement(
            is_better=False, reason=f"{track.candles} outcomes, {least} are needed", **counts
        )
    if not (np.isfinite(own).all() and np.isfinite(other).all()):
        return Judgement(is_better=False, reason="an outcome is no number", **counts)
    year = math.sqrt(SECONDS_PER_YEAR / candle_seconds)
    try:
        interval = _difference(own, other, level)
    except MeasureError as error:
        return Judgement(is_better=False, reason=f"not to be compared: {error}", **counts)
    own_sharpe, other_sharpe = _sharpe(own) * year, _sharpe(other) * year
    is_better, reason = _verdict(own_sharpe, other_sharpe, interval, better_fraction, level, above)
    return Judgement(
        is_better=is_better,
        reason=reason,
        **counts,
        own_sharpe=own_sharpe,
        other_sharpe=other_sharpe,
        difference=interval.value * year,
        low=interval.low * year,
        high=interval.high * year,
        p_value=interval.p_above_zero,
    )


def decide(
    seat: Seat, now: datetime, policy: ChampionPolicy, *, candle_seconds: int
) -> Decision | None:
    """Return what the rules make of a seat now; ``None`` while there is nothing to decide.

    A challenger is judged once, when its trial has ``trial_outcomes`` candles: looking at each
    candle and stopping at a good one would promote noise. So is a champion against its
    predecessor, in spans of as many candles. The fall of a champion is decided first. Nothing is
    decided while the clock is behind the seat's latest event.
    """
    if seat.champion is None or (seat.latest_at is not None and now < seat.latest_at):
        return None
    if seat.predecessor is not None and seat.tenure.candles >= policy.trial_outcomes:
        return _review(seat, seat.champion, seat.predecessor, now, policy, candle_seconds)
    if seat.challenger is None or seat.trial.candles < policy.trial_outcomes:
        return None
    judged = compare(
        seat.trial,
        candle_seconds=candle_seconds,
        least=policy.trial_outcomes,
        level=policy.level,
        better_fraction=policy.better_fraction,
        max_missing_fraction=policy.max_missing_fraction,
    )
    kind = Promoted if judged.is_better else Refused
    if kind is Promoted:
        return Promoted(now, seat.challenger.name, RULE, judged.reason, judged.to_dict())
    return Refused(now, seat.challenger.name, judged.reason, judged.to_dict())


def retraining_due(seat: Seat, now: datetime, policy: ChampionPolicy) -> str | None:
    """Return why a model is to be trained now; ``None`` while none is.

    A clock that went back makes nothing due: neither does a training that runs, nor one that
    failed less than ``retry_hours`` ago; and drift waits so long after a training.
    """
    if seat.training_since is not None:
        return None
    if seat.failed_at is not None and now - seat.failed_at < timedelta(hours=policy.retry_hours):
        return None
    if seat.champion is None or seat.trained_at is None:
        return "there is no model"
    if now < seat.trained_at:
        return None
    settled = now - seat.trained_at >= timedelta(hours=policy.retry_hours)
    if seat.drifted and settled:
        return f"drift of {', '.join(seat.drifted)}"
    if seat.trades_since_training >= policy.retrain_trades:
        return f"{seat.trades_since_training} trades since the last training"
    hours = (now - seat.trained_at).total_seconds() / 3600
    return f"{hours:.0f} h since the last training" if hours >= policy.retrain_hours else None


def _review(
    seat: Seat,
    champion: Version,
    predecessor: Version,
    now: datetime,
    policy: ChampionPolicy,
    candle_seconds: int,
) -> Decision:
    judged = compare(
        seat.tenure,
        candle_seconds=candle_seconds,
        least=policy.trial_outcomes,
        level=policy.rollback_level,
        better_fraction=0.0,
        above=-math.inf,  # of two that lose, the one that loses less
        max_missing_fraction=policy.max_missing_fraction,
    )
    if judged.is_better:
        told = f"its predecessor is better: {judged.reason}"
        return RolledBack(now, predecessor.name, RULE, told, judged.to_dict())
    return Reviewed(now, champion.name, f"its predecessor: {judged.reason}", judged.to_dict())


def _verdict(
    own: float,
    other: float,
    interval: SharpeInterval,
    better_fraction: float,
    level: float,
    above: float,
) -> tuple[bool, str]:
    """Return whether one Sharpe ratio is enough above another's, and why."""
    least = own + better_fraction * abs(own)
    if not other > above:
        return False, f"its Sharpe ratio is {other:.2f}, not above {above:g}"
    if not other >= least:
        return False, (
            f"its Sharpe ratio is {other:.2f}, {least:.2f} are needed ({better_fraction:.0%} "
            f"beyond the champion's {own:.2f})"
        )
    if not interval.low > 0:
        return False, (
            f"its Sharpe ratio is {other:.2f} against {own:.2f}, which may be noise "
            f"(probability {interval.p_above_zero:.2f}, {level:.2f} may be)"
        )
    return True, (
        f"its Sharpe ratio is {other:.2f} against {own:.2f} (probability of noise "
        f"{interval.p_above_zero:.3f})"
    )


def _difference(own: Floats, other: Floats, level: float) -> SharpeInterval:
    covered = 1 - 2 * level
    if not float(own.std()) > _NO_SPREAD:
        return sharpe_interval(other, covered=covered)
    if not float(other.std()) > _NO_SPREAD:
        return sharpe_interval(-own, covered=covered)
    return sharpe_difference(other, own, covered=covered)


def _sharpe(values: Floats) -> float:
    spread = float(values.std(ddof=1))
    return float(values.mean()) / spread if spread > _NO_SPREAD else 0.0
