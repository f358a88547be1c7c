"""Candles that happen to be on disk: for a bot, which needs none there."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from plimsoll.lab.results import ResultError, load_candles

OTHER_TIMEFRAMES = ("1h", "15m", "5m", "30m", "4h", "1m", "1d")
"""What is looked for when a bot's own timeframe is not on disk, best first."""


@dataclass(frozen=True, eq=False)
class DiskCandles:
    """Candles of one pair (Freqtrade's columns) and their timeframe."""

    timeframe: str
    frame: pd.DataFrame


def candle_folder(config: Mapping[str, Any], userdir: Path, exchange: str) -> Path:
    """Return the folder in which Freqtrade keeps a bot's candles."""
    named = config.get("datadir")
    if named:
        return Path(str(named)).expanduser()
    name = (config.get("exchange") or {}).get("name") or exchange
    return userdir / "data" / str(name).lower()


def candles_on_disk(
    datadir: Path,
    pairs: Iterable[str],
    timeframes: Sequence[str],
    *,
    start: pd.Timestamp,
    end: pd.Timestamp,
    futures: bool,
) -> dict[str, DiskCandles]:
    """Return the candles of each pair that has some in the span.

    Of each pair the first timeframe that has any is taken. A pair without candles is left out;
    a folder that is not there has none.
    """
    known: dict[str, DiskCandles] = {}
    if not datadir.is_dir():
        return known
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)  # Freqtrade warns of each pair that is not there
    try:
        for pair in pairs:
            for timeframe in dict.fromkeys(filter(None, timeframes)):
                try:
                    frames = load_candles(
                        datadir, [pair], timeframe, start=start, end=end, futures=futures
                    )
                except ResultError:
                    continue
                known[pair] = DiskCandles(timeframe, frames[pair])
                break
    finally:
        logging.disable(before)
    return known
