"""The data folder of a study: the files of a real one, and longer candles made of shorter ones."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from plimsoll.bridge.panel import real, resampled
from plimsoll.core import UsageError

BASE_TIMEFRAME = "1h"


def file_of(datadir: Path, pair: str, timeframe: str, kind: str = "futures") -> Path:
    """Return where Freqtrade keeps the feather of a pair; ``kind`` "spot" has no folder."""
    stem = pair.replace("/", "_").replace(":", "_")
    if kind == "spot":
        return datadir / f"{stem.rpartition('_')[0]}-{timeframe}.feather"
    return datadir / "futures" / f"{stem}-{timeframe}-{kind}.feather"


def link_data(source: Path, folder: Path) -> None:
    """Fill ``folder`` with links to every feather of a Freqtrade data folder.

    What is made there lies beside the links: the source is never written to.
    """
    for part in ("", "futures"):
        target = folder / part
        target.mkdir(parents=True, exist_ok=True)
        for file in sorted((source / part).glob("*.feather")):
            (target / file.name).symlink_to(file.resolve())


def make_longer(folder: Path, pairs: Iterable[str], timeframe: str) -> None:
    """Make candles of a longer timeframe of the hourly ones where the folder has none.

    A candle whose last hour is missing is left out, as in the panels of the portfolio strategies.

    Raises
    ------
    UsageError
        When a pair has no hourly candles either.
    """
    for pair in pairs:
        target = file_of(folder, pair, timeframe)
        if target.exists():
            continue
        hourly = require(file_of(folder, pair, BASE_TIMEFRAME))
        made = resampled(real(pd.read_feather(hourly)), BASE_TIMEFRAME, timeframe)
        made.rename_axis("date").reset_index().to_feather(target)


def require(file: Path) -> Path:
    """Return the file.

    Raises
    ------
    UsageError
        When it is not there.
    """
    if not file.exists():
        raise UsageError(f"expected data at {file}, found none; fill the folder it names first")
    return file
