"""The data folder of a study: the files of a real one, and longer candles made of shorter ones."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from plimsoll.bridge.strategies.panel import real, resampled
from plimsoll.core import UsageError

BASE_TIMEFRAME = "1h"


def file_of(datadir: Path, pair: str, timeframe: str, kind: str = "futures") -> Path:
    """Return where Freqtrade keeps the feather of a pair; ``kind`` "spot" has no folder."""
    stem = pair.replace("/", "_").replace(":", "_")
    if kind == "spot":
        return datadir / f"{stem.rpartition('_')[0]}-{timeframe}.feather"
    return datadir / "futures" / f"{stem}-{timeframe}-{kind}.feather"


KINDS = {
    "futures": "candles",
    "mark": "mark",
    "funding_rate": "funding",
    "open_interest": "open_interest",
    "spot": "spot",
}
"""Freqtrade's names of the kinds of files, and ours."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The hourly files of pairs that a span takes; ``kinds`` of `KINDS`."""

    pairs: tuple[str, ...]
    kinds: tuple[str, ...]
    first: date
    last: date

    def lacking(self, datadir: Path) -> list[Path]:
        """Return the files that are not there."""
        files = (
            file_of(datadir, pair, BASE_TIMEFRAME, k) for k in self.kinds for pair in self.pairs
        )
        return [file for file in files if not file.exists()]

    def commands(self, datadir: Path) -> list[str]:
        """Return the commands that get the files."""
        native = ",".join(KINDS[kind] for kind in self.kinds if kind != "spot")
        where, made = shlex.quote(str(datadir)), []
        if native:
            made.append(
                f"plimsoll data backfill --datadir {where} --since {self.first} "
                f"--until {self.last} --timeframes {BASE_TIMEFRAME} --kinds {native} "
                f"--pairs {','.join(self.pairs)}"
            )
        if "spot" in self.kinds:
            spot = " ".join(pair.split(":")[0] for pair in self.pairs)
            span = f"{self.first:%Y%m%d}-{self.last + timedelta(days=1):%Y%m%d}"
            made.append(
                f"freqtrade download-data --exchange binance --trading-mode spot --datadir {where} "
                f"--timeframes {BASE_TIMEFRAME} --timerange {span} --pairs {spot}"
            )
        return made


def require_all(datadir: Path, needs: Iterable[Needs]) -> None:
    """Refuse a data folder that lacks files, with all that is lacking and what gets it.

    Raises
    ------
    UsageError
        In one line.
    """
    short = {one: files for one in needs if (files := one.lacking(datadir))}
    if not short:
        return
    lacking = list(dict.fromkeys(file for files in short.values() for file in files))
    pairs = ", ".join(dict.fromkeys(pair for one in short for pair in one.pairs))
    kinds = ", ".join(dict.fromkeys(KINDS[kind] for one in short for kind in one.kinds))
    commands = dict.fromkeys(command for one in short for command in one.commands(datadir))
    raise UsageError(
        f"expected {BASE_TIMEFRAME} {kinds} of {pairs} in {datadir}; {len(lacking)} files are not "
        f"there, such as {lacking[0].relative_to(datadir)}; get them with: {' && '.join(commands)}"
    )


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
        raise UsageError(f"expected candles at {file}, found none")
    return file
