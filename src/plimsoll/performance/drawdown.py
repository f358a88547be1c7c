"""Falls of an equity series below its own high-water mark."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plimsoll.performance.fills import NS_PER_DAY, utc_ns

_ROUNDING_FRACTION = 1e-9
"""A fall smaller than this share of the peak is the noise of summed floats, not a loss."""


@dataclass(frozen=True)
class Drawdown:
    """The deepest fall of an account, and how long it spent below its high-water mark.

    Dates are None when the account never fell; ``recovered_at`` is None while it has not come
    back to the peak. ``longest_under_water_days`` runs from a peak to the recovery, or to the
    end of the series.
    """

    max_fraction: float
    peak_at: pd.Timestamp | None
    trough_at: pd.Timestamp | None
    recovered_at: pd.Timestamp | None
    longest_under_water_days: float
    under_water_time_fraction: float


def drawdown_curve(equity: "pd.Series[float]") -> "pd.Series[float]":
    """Return the fraction lost from the highest value so far, on the same index.

    Values lie in [0, 1]: 0 at a high-water mark, 1 when nothing (or less) is left. Falls below
    a billionth of the peak are 0. NaN rule: none may come in, so none comes out.
    """
    values = equity.to_numpy(dtype="float64")
    peak = np.maximum.accumulate(values)
    fraction = np.clip(1.0 - values / peak, 0.0, 1.0)
    fraction = np.where(fraction <= _ROUNDING_FRACTION, 0.0, fraction)
    return pd.Series(fraction, index=equity.index, name="drawdown_fraction")


def drawdown(equity: "pd.Series[float]") -> Drawdown:
    """Measure the deepest fall and the time under water of a checked, positive-first series."""
    fraction = drawdown_curve(equity).to_numpy(dtype="float64")
    index = pd.DatetimeIndex(equity.index)
    longest_days, share = _under_water(fraction > 0.0, index)
    trough = int(np.argmax(fraction))
    if fraction[trough] == 0.0:
        return Drawdown(0.0, None, None, None, longest_days, share)
    peak = int(np.flatnonzero(fraction[:trough] == 0.0)[-1])
    later = np.flatnonzero(fraction[trough:] == 0.0)
    return Drawdown(
        max_fraction=float(fraction[trough]),
        peak_at=index[peak],
        trough_at=index[trough],
        recovered_at=index[trough + int(later[0])] if len(later) else None,
        longest_under_water_days=longest_days,
        under_water_time_fraction=share,
    )


@dataclass(frozen=True)
class Fall:
    """One stretch below a high-water mark, from the peak to the recovery.

    ``recovered_at`` is None while the account is still below; ``days`` then runs to the end.
    """

    max_fraction: float
    peak_at: pd.Timestamp
    trough_at: pd.Timestamp
    recovered_at: pd.Timestamp | None
    days: float


def worst_falls(equity: "pd.Series[float]", most: int) -> list[Fall]:
    """Return the deepest stretches below a high-water mark, the deepest first.

    Expects a checked, positive-first series; an account that never fell has none.
    """
    fraction = drawdown_curve(equity).to_numpy(dtype="float64")
    index = pd.DatetimeIndex(equity.index)
    edges = np.diff((fraction > 0.0).astype("int8"), prepend=0, append=0)
    starts, ends = (np.flatnonzero(edges == turn).tolist() for turn in (1, -1))
    falls = []
    for first, after in zip(starts, ends, strict=True):
        trough = first + int(np.argmax(fraction[first:after]))
        recovered = index[after] if after < len(index) else None
        end = recovered if recovered is not None else index[-1]
        days = float((end - index[first - 1]) / pd.Timedelta(days=1))
        depth = float(fraction[trough])
        falls.append(Fall(depth, index[first - 1], index[trough], recovered, days))
    return sorted(falls, key=lambda fall: -fall.max_fraction)[:most]


def _under_water(below: NDArray[np.bool_], index: pd.DatetimeIndex) -> tuple[float, float]:
    """Return the longest stretch in days and the share of the whole span.

    A stretch runs from the last row at the peak to the first row back at it, or to the end.
    """
    days = utc_ns(index) / NS_PER_DAY
    if not below.any():
        return 0.0, 0.0
    edges = np.diff(below.astype("int8"), append=0)
    starts = np.flatnonzero(edges == 1)
    ends = np.minimum(np.flatnonzero(edges == -1) + 1, len(days) - 1)
    stretches = days[ends] - days[starts]
    span = days[-1] - days[0]
    return float(stretches.max()), float(stretches.sum() / span) if span > 0 else float("nan")
