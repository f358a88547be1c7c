"""Candles of seconds inside minutes: the path that the simulated exchange takes through them."""

from pathlib import Path

import pandas as pd

from plimsoll.lab.parity_minutes import parts_of
from plimsoll.lab.study_data import file_of

SECONDS = 60
TURNS = (20, 40)
"""The exchange is at the extremes after a third and two thirds of a minute."""


def add_seconds(datadir: Path, pairs: tuple[str, ...], length: int = 1) -> None:
    """Write candles of ``length`` seconds beside the minutes of a data folder, if not there."""
    for pair in pairs:
        target = file_of(datadir, pair, f"{length}s")
        if not target.exists():
            seconds_of(pd.read_feather(file_of(datadir, pair, "1m")), length).to_feather(target)


def seconds_of(minutes: pd.DataFrame, length: int = 1) -> pd.DataFrame:
    """Return candles of ``length`` seconds along the exchange's path through each minute.

    ``length`` divides `TURNS`, so that no candle hides an extreme; columns as given.
    """
    first, second = (turn // length for turn in TURNS)
    return parts_of(minutes, SECONDS // length, (first, second), pd.Timedelta(seconds=length))
