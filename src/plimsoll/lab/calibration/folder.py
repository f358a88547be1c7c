"""A made market as a data folder of Freqtrade's."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from plimsoll.candles.timeframe import timeframe_span
from plimsoll.core import UsageError
from plimsoll.lab.calibration.hours import Hours, candles_of
from plimsoll.lab.study_data import file_of

HOUR = pd.Timedelta(hours=1)


def whole_hours(timeframe: str) -> int:
    """Return the length of a candle in hours.

    Raises
    ------
    UsageError
        When it is no whole number of them, or does not divide a day.
    """
    hours = timeframe_span(timeframe) / HOUR
    if hours < 1 or 24 % hours:
        raise UsageError(
            f"made markets have hours: expected a timeframe from 1h to 1d, found {timeframe}"
        )
    return int(hours)


def write_market(
    folder: Path, hours: Hours, ticks: Mapping[str, float], timeframe: str, first: pd.Timestamp
) -> dict[str, pd.DataFrame]:
    """Write the candles of each pair of ``ticks``, and return them.

    Funding is nil, and one settlement stands for all: whatever a market paid, its price would
    have to give back, or it would be an edge.
    """
    (folder / "futures").mkdir(parents=True, exist_ok=True)
    each, made = whole_hours(timeframe), {}
    for place, (pair, tick) in enumerate(ticks.items()):
        candles = candles_of(hours, place, first=first, each=each, tick=tick)
        candles.to_feather(file_of(folder, pair, timeframe))
        mark = candles.iloc[:1]
        mark.to_feather(file_of(folder, pair, "1h", "mark"))
        rate = mark[["date"]].assign(funding_rate=0.0)
        rate.to_feather(file_of(folder, pair, "1h", "funding_rate"))
        made[pair] = candles
    return made
