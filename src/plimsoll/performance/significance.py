"""What a track record proves: one account's daily returns, assessed as evidence."""

import math
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plimsoll.performance.bootstrap import RESAMPLES, SEED
from plimsoll.performance.deflated_sharpe import (
    SharpeEvidence,
    highest_by_luck,
    least_track_record,
    probabilistic_sharpe,
    shape_of,
    sharpe_evidence,
)
from plimsoll.performance.drawdown_interval import DrawdownInterval, drawdown_interval
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.hac import first_autocorrelation
from plimsoll.performance.measures import DAYS_PER_YEAR
from plimsoll.performance.overfitting import Overfitting, overfitting
from plimsoll.performance.reality_check import RealityCheck, reality_check
from plimsoll.performance.sharpe_interval import (
    COVERED,
    SharpeInterval,
    sharpe_difference,
    sharpe_interval,
)

Floats = NDArray[np.floating[Any]]

LEAST_DAYS = 60
"""With fewer days the interval does not cover what it promises."""
_NO_SPREAD = 1e-12
_YEAR = math.sqrt(DAYS_PER_YEAR)


@dataclass(frozen=True, slots=True)
class Against:
    """A Sharpe ratio less a benchmark's over the same days, both a year's, with its interval.

    ``p_above`` is the p-value of the hypothesis that the benchmark is as good or better,
    ``p_differs`` that the two are equal.
    """

    benchmark_sharpe: float
    difference: float
    low: float
    high: float
    p_above: float
    p_differs: float
    days: int


@dataclass(frozen=True, slots=True)
class Searched:
    """What the whole search proves.

    ``against_cash`` and ``against_benchmark`` test the best of everything tried; the latter is
    None without a benchmark. ``overfitting`` is None for a search of one trial.
    """

    tried: int
    overfitting: Overfitting | None
    against_cash: RealityCheck
    against_benchmark: RealityCheck | None


@dataclass(frozen=True, slots=True)
class Significance:
    """What daily returns prove. A ratio is a year's unless its name says otherwise.

    ``standard_error_independent`` takes the days as unrelated, ``standard_error_related`` as they
    come; the greater of the two, ``standard_error``, is that of the probabilities and of
    ``least_track_record_days``, which is NaN where no length would do. ``low`` and ``high`` are
    the interval at ``covered``. ``p_above_zero`` is the p-value of a true ratio of 0 or less.
    ``sharpe_by_luck`` is the ratio to expect of the best of ``trials`` without an edge,
    ``deflated_sharpe`` the probability that the true ratio is above it.
    """

    first_day: str | None
    last_day: str | None
    days: int
    sharpe: float
    sharpe_per_day: float
    standard_error: float
    standard_error_independent: float
    standard_error_related: float
    low: float
    high: float
    covered: float
    p_above_zero: float
    block_days: float
    skewness: float
    kurtosis: float
    autocorrelation: float
    probabilistic_sharpe: float
    trials: int
    trials_spread_known: bool
    sharpe_by_luck: float
    deflated_sharpe: float
    least_track_record_days: float
    drawdown: DrawdownInterval
    against: Against | None
    searched: Searched | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; a number that is not finite is None."""
        plain: dict[str, Any] = _plain(self)
        return plain


def assess(
    daily_returns: "pd.Series[float] | Floats",
    *,
    trials: int = 1,
    trial_variance: float | None = None,
    benchmark: "pd.Series[float] | Floats | None" = None,
    all_tried: pd.DataFrame | Floats | None = None,
    least_days: int = LEAST_DAYS,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Significance:
    """Assess the daily returns of an account that was chosen from ``trials``.

    ``daily_returns``: fractions, one a day, in their order (`measures.daily_returns`).
    ``benchmark``: another account's. ``all_tried``: a row a day and a column a trial, the chosen
    one among them; ``trials`` is at least their number, and the spread of their ratios is that of
    the deflation, unless ``trial_variance`` (per day) gives it. What has an index of days is
    compared on the days that it has in common with the returns; what has none must have as many.

    Raises
    ------
    MeasureError
        For fewer days than ``least_days``, alone or in common; for returns that do not vary, or
        one that is not finite; for fewer trials than one.
    """
    values, index = _values(daily_returns, "returns", least_days)
    evidence = sharpe_evidence(values)
    if evidence is None:
        raise MeasureError(f"expected returns that vary, found {len(values)} days without a change")
    table, variance, count = None, trial_variance, trials
    if all_tried is not None:
        table = _table(all_tried, index, len(values), least_days)
        count = max(trials, table.shape[1])
        variance = _spread(table) if trial_variance is None else trial_variance
    interval = sharpe_interval(values, resamples=resamples, seed=seed)
    against, excess = None, None
    if benchmark is not None:
        one, other = _paired(daily_returns, benchmark, least_days)
        against = _against(one, other, resamples, seed)
        excess = _excess(all_tried, benchmark, least_days)
    return Significance(
        first_day=None if index is None else f"{index[0]:%Y-%m-%d}",
        last_day=None if index is None else f"{index[-1]:%Y-%m-%d}",
        **_ratios(evidence, interval),
        autocorrelation=first_autocorrelation(values),
        **_chances(evidence, interval, count, variance),
        drawdown=drawdown_interval(values, resamples=resamples, seed=seed),
        against=against,
        searched=None if table is None else _searched(table, excess, resamples, seed),
    )


def _ratios(evidence: SharpeEvidence, interval: SharpeInterval) -> dict[str, Any]:
    independent = math.sqrt(shape_of(evidence) / evidence.returns)
    return {
        "days": evidence.returns,
        "sharpe": evidence.sharpe * _YEAR,
        "sharpe_per_day": evidence.sharpe,
        "standard_error": max(independent, interval.standard_error) * _YEAR,
        "standard_error_independent": independent * _YEAR,
        "standard_error_related": interval.standard_error * _YEAR,
        "low": interval.low * _YEAR,
        "high": interval.high * _YEAR,
        "covered": COVERED,
        "p_above_zero": interval.p_above_zero,
        "block_days": interval.block_days,
        "skewness": evidence.skewness,
        "kurtosis": evidence.kurtosis,
    }


def _chances(
    evidence: SharpeEvidence, interval: SharpeInterval, trials: int, variance: float | None
) -> dict[str, Any]:
    degrees = evidence.returns - 1
    error = max(math.sqrt(shape_of(evidence) / degrees), interval.standard_error)
    # Trials whose spread is not known are taken to differ by luck alone.
    luck = highest_by_luck(trials, 1 / degrees if variance is None else variance)
    return {
        "probabilistic_sharpe": probabilistic_sharpe(evidence, error=error),
        "trials": trials,
        "trials_spread_known": variance is not None,
        "sharpe_by_luck": luck * _YEAR,
        "deflated_sharpe": probabilistic_sharpe(evidence, benchmark=luck, error=error),
        "least_track_record_days": least_track_record(evidence, error=error),
    }


def _against(one: Floats, other: Floats, resamples: int, seed: int) -> Against:
    compared = sharpe_difference(one, other, resamples=resamples, seed=seed)
    return Against(
        benchmark_sharpe=float(other.mean() / other.std(ddof=1)) * _YEAR,
        difference=compared.value * _YEAR,
        low=compared.low * _YEAR,
        high=compared.high * _YEAR,
        p_above=compared.p_above_zero,
        p_differs=compared.p_not_zero,
        days=len(one),
    )


def _searched(table: Floats, excess: Floats | None, resamples: int, seed: int) -> Searched:
    return Searched(
        tried=table.shape[1],
        overfitting=overfitting(table) if table.shape[1] > 1 else None,
        against_cash=reality_check(table, resamples=resamples, seed=seed),
        against_benchmark=(
            None if excess is None else reality_check(excess, resamples=resamples, seed=seed)
        ),
    )


def _spread(table: Floats) -> float | None:
    """Return the variance of the trials' ratios per day; None for fewer than two that vary."""
    deviation = table.std(axis=0, ddof=1)
    moves = deviation > _NO_SPREAD
    ratios = table.mean(axis=0)[moves] / deviation[moves]
    return float(ratios.var(ddof=1)) if len(ratios) > 1 else None


def _values(returns: Any, what: str, least_days: int) -> tuple[Floats, pd.DatetimeIndex | None]:
    """Return the values, and their days where they have any."""
    index = returns.index if isinstance(returns, pd.Series | pd.DataFrame) else None
    days = index if isinstance(index, pd.DatetimeIndex) else None
    values = np.asarray(returns, dtype="float64")
    if len(values) < least_days:
        raise MeasureError(f"{what}: {least_days} days are needed, found {len(values)}")
    if not np.isfinite(values).all():
        raise MeasureError(f"{what}: every day must have a finite return; one has none")
    if days is not None and not (days.is_monotonic_increasing and days.is_unique):
        raise MeasureError(f"{what}: days must rise without repeats")
    return values, days


def _paired(one: Any, other: Any, least_days: int) -> tuple[Floats, Floats]:
    """Return two tables on the days that they have in common."""
    if isinstance(one, pd.Series | pd.DataFrame) and isinstance(other, pd.Series | pd.DataFrame):
        common = one.index.intersection(other.index)
        if len(common) < least_days:
            raise MeasureError(
                f"the days in common: {least_days} are needed, found {len(common)} of {len(one)} "
                f"and {len(other)}"
            )
        one, other = one.loc[common], other.loc[common]
    first, _ = _values(one, "returns", least_days)
    second, _ = _values(other, "the benchmark", least_days)
    if len(first) != len(second):
        raise MeasureError(f"expected as many days of both, found {len(first)} and {len(second)}")
    return first, second


def _table(tried: Any, index: pd.DatetimeIndex | None, days: int, least_days: int) -> Floats:
    values, own = _values(tried, "everything tried", least_days)
    if values.ndim != 2:
        raise MeasureError(f"expected a row a day and a column a trial, found {values.shape}")
    if own is not None and index is not None:
        common = own.isin(index)
        values = values[common]
    if len(values) != days:
        raise MeasureError(
            f"everything tried must have the {days} days of the returns, found {len(values)}"
        )
    return values


def _excess(tried: Any, benchmark: Any, least_days: int) -> Floats | None:
    """Return what each trial earned more than the benchmark; None without trials."""
    if tried is None:
        return None
    trials, other = _paired(tried, benchmark, least_days)
    excess: Floats = trials - other.reshape(-1, 1)
    return excess


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, np.ndarray):
        return [_plain(one) for one in value.tolist()]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
