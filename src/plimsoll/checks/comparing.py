"""Where two columns differ, in words."""

import numpy as np
import pandas as pd

EXACT = 1e-9
LEAST_APART = 1e-8


def same_values(
    one: float, other: float, *, relative: float = EXACT, absolute: float = 0.0
) -> bool:
    """Return whether two numbers are the same; NaN is the same as NaN and as nothing else."""
    return bool(np.isclose(one, other, rtol=relative, atol=absolute, equal_nan=True))


def difference(
    column: pd.Series,
    expected: pd.Series,
    *,
    relative: float = EXACT,
    absolute: float | None = None,
) -> str | None:
    """Return where a column first differs from what was expected; ``None`` where it does not.

    Rows are compared in order, NaN is equal to NaN alone. ``absolute`` is by default one part in
    10⁹ of the largest finite value expected.
    """
    if len(column) != len(expected):
        return f"expected {len(expected)} rows; found {len(column)}"
    ours, theirs = column.to_numpy("float64"), expected.to_numpy("float64")
    if absolute is None:
        finite = np.abs(theirs[np.isfinite(theirs)])
        absolute = EXACT * float(finite.max()) if len(finite) else 0.0
    apart = ~np.isclose(ours, theirs, rtol=relative, atol=absolute, equal_nan=True)
    if not apart.any():
        return None
    row = int(np.flatnonzero(apart)[0])
    return f"expected row {row} to be {theirs[row]:.9g}; found {ours[row]:.9g}"


def column_difference(column: pd.Series, expected: pd.Series) -> str | None:
    """Return where a column differs in its name, its type, its index or a row.

    Rows as in `difference`, but numbers 1e-8 apart are never the same unless they are large: a
    column's largest value excuses nothing in its small ones.
    """
    kinds = [f"{one.dtype} values named {one.name}" for one in (column, expected)]
    if kinds[0] != kinds[1]:
        return f"expected {kinds[1]}; found {kinds[0]}"
    if text := difference(column, expected):
        return text
    if not column.index.equals(expected.index):
        return f"expected the index {expected.index}; found {column.index}"
    return difference(column, expected, absolute=LEAST_APART)
