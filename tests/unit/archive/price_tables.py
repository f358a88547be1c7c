"""Tables of one pair that agree, and the same with shifted dates."""

import pandas as pd

from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.tables import Table
from tests.conftest import random_candles

PAIR = "BTC/USDT:USDT"
DAYS = 100


def fine() -> Table:
    return Table(Series(PAIR, Kind.CANDLES, "5m"), random_candles(DAYS * 288))


def coarse(kind: Kind = Kind.CANDLES, length: str = "1h") -> Table:
    by_hour = fine().rows.resample(length.replace("m", "min"), on="date")
    rows = by_hour.agg(
        {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    )
    return Table(Series(PAIR, kind, length), rows.reset_index())


def moved(table: Table, hours: float, since: int = 0) -> Table:
    rows = table.rows.copy()
    late = rows["date"] >= rows["date"].iloc[0] + pd.Timedelta(days=since)
    rows.loc[late, "date"] += pd.Timedelta(hours=hours)
    return Table(table.series, rows.drop_duplicates("date").sort_values("date"))


def companion(name: str, seed: int) -> Table:
    """A coin that moves with the pair, and half as much by itself."""
    rows = coarse().rows.copy()
    noise = (random_candles(len(rows), seed=seed)["close"] / 100.0) ** 0.5
    for column in ("open", "high", "low", "close"):
        rows[column] = rows[column] * noise.to_numpy()
    return Table(Series(f"{name}/USDT:USDT", Kind.CANDLES, "1h"), rows)
