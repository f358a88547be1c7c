"""Seconds inside minute candles: the path that the simulated exchange takes through them."""

from pathlib import Path

import pandas as pd

from plimsoll.lab.parity_minutes import parts_of
from plimsoll.lab.study_data import file_of

SECONDS = 60
TURNS = (20, 40)
"""The exchange is at the extremes after a third and two thirds of a minute."""


def add_seconds(datadir: Path, pairs: tuple[str, ...]) -> None:
    """Write candles of a second beside the minutes of a Freqtrade data folder, if not there."""
    for pair in pairs:
        target = file_of(datadir, pair, "1s")
        if not target.exists():
            seconds_of(pd.read_feather(file_of(datadir, pair, "1m"))).to_feather(target)


def seconds_of(minutes: pd.DataFrame) -> pd.DataFrame:
    """Return 60 candles a minute along the exchange's path through it; columns as given."""
    return parts_of(minutes, SECONDS, TURNS, pd.Timedelta(seconds=1))
