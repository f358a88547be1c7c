"""Columns of a few rows, and both sides."""

import pandas as pd
import pytest

from plimsoll.core import Side

NAN = float("nan")
sides = pytest.mark.parametrize("side", list(Side))


def series(*values: float) -> pd.Series:
    return pd.Series(values, dtype="float64")


def flags(*values: int) -> pd.Series:
    return pd.Series(values, dtype=bool)
