"""Small steps that features are made of, on float64 arrays."""

# Ufuncs and TA-Lib are typed as Any.
# mypy: disable-error-code="no-any-return"

import numpy as np

from plimsoll.features.candles import Floats
from plimsoll.features.kernels import rolling_mean, rolling_std


def lagged(values: Floats, rows: int) -> Floats:
    """Return the values of ``rows`` rows before, NaN in front."""
    out = np.empty_like(values)
    out[:rows] = np.nan
    out[rows:] = values[: len(values) - rows]
    return out


def difference(values: Floats, rows: int) -> Floats:
    """Return the change over ``rows`` rows."""
    out = np.empty_like(values)
    out[:rows] = np.nan
    np.subtract(values[rows:], values[: len(values) - rows], out=out[rows:])
    return out


def relative_change(values: Floats, rows: int) -> Floats:
    """Return the change over ``rows`` rows as a fraction of the earlier value."""
    out = np.empty_like(values)
    out[:rows] = np.nan
    np.divide(values[rows:], values[: len(values) - rows], out=out[rows:])
    out -= 1.0
    return out


def zscore(values: Floats, window: int) -> Floats:
    """Return the distance from the window's mean in its sample deviations; NaN where it is flat."""
    spread = rolling_std(values, window)
    spread[spread == 0.0] = np.nan
    return (values - rolling_mean(values, window)) / spread


def share_of_window(part: Floats, whole: Floats, window: int) -> Floats:
    """Return the sum of one column over the sum of another, both over the window."""
    return rolling_mean(part, window) / rolling_mean(whole, window)
