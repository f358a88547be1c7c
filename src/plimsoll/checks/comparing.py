"""Where two columns differ, in words."""

import numpy as np
import pandas as pd

EXACT = 1e-9


def same_values(
    one: float, other: float, *, relative: float = EXACT, absolute: float = 0.0
) -> bool:
    """Return whether two numbers are the same; NaN is the same as NaN and as nothing else."""
    return bool(np.isclose(one, other, rtol=relative, atol=absolute, equal_nan=True))


def difference(
    found: pd.Series, expected: pd.Series, *, relative: float = EXACT, absolute: float | None = None
) -> str | None:
    """Return where a column first differs from what was expected; ``None`` where it does not.

    Rows are compared in order, NaN is equal to NaN alone. ``absolute`` is by default one part in
    10⁹ of the largest finite value expected.
    """
    if len(found) != len(expected):
        return f"expected {len(expected)} rows; found {len(found)}"
    ours, theirs = found.to_numpy("float64"), expected.to_numpy("float64")
    if absolute is None:
        finite = np.abs(theirs[np.isfinite(theirs)])
        absolute = EXACT * float(finite.max()) if len(finite) else 0.0
    apart = ~np.isclose(ours, theirs, rtol=relative, atol=absolute, equal_nan=True)
    if not apart.any():
        return None
    row = int(np.flatnonzero(apart)[0])
    return f"expected row {row} to be {theirs[row]:.9g}; found {ours[row]:.9g}"
