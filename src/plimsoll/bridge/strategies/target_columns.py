"""A portfolio's targets as columns of one pair's candles, each from the candle that knows it."""

import pandas as pd

from plimsoll.bridge.strategies.breaker import FRACTION_COLUMN
from plimsoll.core import Side
from plimsoll.signals.breaker import LEAST_FRACTION
from plimsoll.signals.panels import ONE_DAY, Targets
from plimsoll.signals.rows import Rows

WEIGHT_COLUMN, SIZE_COLUMN = "target_weight", "full_size"
ENTRIES = [f"enter_{side.value}" for side in Side]


def with_targets(
    candles: pd.DataFrame,
    pair: str,
    targets: Targets,
    fractions: Rows,
    *,
    span: pd.Timedelta,
) -> pd.DataFrame:
    """Return candles with the targets and the stop that were known when each closed.

    Parameters
    ----------
    candles
        Of one pair, with Freqtrade's ``date``.
    pair
        The one; without targets its columns are NaN.
    targets
        Of all pairs.
    fractions
        Distances of stops, days × pairs.
    span
        Length of the candles.
    """
    closes = candles["date"] + span
    rows, days = targets.known_at(closes), closes.dt.floor("D") - ONE_DAY
    columns = {
        WEIGHT_COLUMN: (targets.weight_rows, rows),
        SIZE_COLUMN: (targets.size_rows, rows),
        FRACTION_COLUMN: (fractions, days),
    }
    known = candles.assign(**{name: read.of(at, pair) for name, (read, at) in columns.items()})
    known[FRACTION_COLUMN] = known[FRACTION_COLUMN].fillna(LEAST_FRACTION)
    return known


def with_reasons(
    candles: pd.DataFrame, pair: str, targets: Targets, *, span: pd.Timedelta
) -> pd.DataFrame:
    """Return candles with the targets' words as the tags of their entries, where there are any."""
    if targets.reasons is None:
        return candles
    entered = candles.reindex(columns=ENTRIES).eq(1).any(axis=1)
    if entered.any():
        known = targets.known_at(candles["date"][entered] + span)
        candles.loc[entered, "enter_tag"] = [targets.reasons(row, pair) for row in known]
    return candles
