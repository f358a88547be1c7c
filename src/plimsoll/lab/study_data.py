"""The data folder of a study: a real one's files, longer candles and marks made of candles."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from plimsoll.bridge.strategies.panel import real, resampled
from plimsoll.candles.timeframe import timeframe_span
from plimsoll.core import UsageError

BASE_TIMEFRAME = "1h"


def file_of(datadir: Path, pair: str, timeframe: str, kind: str = "futures") -> Path:
    """Return where Freqtrade keeps the feather of a pair; ``kind`` "spot" has no folder."""
    stem = pair.replace("/", "_").replace(":", "_")
    if kind == "spot":
        return datadir / f"{stem.rpartition('_')[0]}-{timeframe}.feather"
    return datadir / "futures" / f"{stem}-{timeframe}-{kind}.feather"


CANDLES = "futures"
KINDS = {
    CANDLES: "candles",
    "mark": "mark",
    "funding_rate": "funding",
    "open_interest": "open_interest",
    "spot": "spot",
}
"""Freqtrade's names of the kinds of files, and ours."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The files of pairs that a span takes; ``kinds`` of `KINDS`.

    They are hourly, but for the candles of a ``timeframe`` below an hour: longer candles are
    made of hourly ones.
    """

    pairs: tuple[str, ...]
    kinds: tuple[str, ...]
    first: date
    last: date
    timeframe: str = BASE_TIMEFRAME

    @property
    def candles(self) -> str:
        """The timeframe of the candles that must be there."""
        shorter = timeframe_span(self.timeframe) < timeframe_span(BASE_TIMEFRAME)
        return self.timeframe if shorter else BASE_TIMEFRAME

    def lacking(self, datadir: Path) -> list[Path]:
        """Return the files that are not there."""
        files = (
            file_of(datadir, pair, self.candles if kind == CANDLES else BASE_TIMEFRAME, kind)
            for kind in self.kinds
            for pair in self.pairs
        )
        return [file for file in files if not file.exists()]

    def commands(self, datadir: Path) -> list[str]:
        """Return the commands that get the files."""
        where, made = shlex.quote(str(datadir)), []
        native: dict[str, list[str]] = {}
        for kind in self.kinds:
            if kind != "spot":
                frame = self.candles if kind == CANDLES else BASE_TIMEFRAME
                native.setdefault(frame, []).append(KINDS[kind])
        made += [
            f"plimsoll data backfill --datadir {where} --since {self.first} "
            f"--until {self.last} --timeframes {frame} --kinds {','.join(kinds)} "
            f"--pairs {','.join(self.pairs)}"
            for frame, kinds in native.items()
        ]
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
    frames = " and ".join(dict.fromkeys(f for one in short for f in (one.candles, BASE_TIMEFRAME)))
    raise UsageError(
        f"expected {frames} {kinds} of {pairs} in {datadir}; {len(lacking)} files are not "
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
        if target.exists() or timeframe_span(timeframe) < timeframe_span(BASE_TIMEFRAME):
            continue
        hourly = require(file_of(folder, pair, BASE_TIMEFRAME))
        made = resampled(real(pd.read_feather(hourly)), BASE_TIMEFRAME, timeframe)
        made.rename_axis("date").reset_index().to_feather(target)


def fill_marks(folder: Path, pairs: Iterable[str]) -> None:
    """Make marks of the candles of the same hour wherever the folder has no mark.

    Freqtrade charges funding at the mark's open: none before a pair's first mark, and within a hole
    at the mark before. Mark and last price are some basis points of a payment apart.
    """
    for pair in pairs:
        target, hourly = (file_of(folder, pair, BASE_TIMEFRAME, kind) for kind in ("mark", CANDLES))
        if target.exists() and hourly.exists():
            marks = pd.read_feather(target).dropna(subset=["open"])
            filled = with_marks(marks, pd.read_feather(hourly))
            if len(filled) > len(marks):
                target.unlink()  # a link: the source stays as it is
                filled.to_feather(target)


def with_marks(marks: pd.DataFrame, candles: pd.DataFrame) -> pd.DataFrame:
    """Return mark candles and, at the hours that they lack, the candles themselves."""
    lacking = candles[~candles["date"].isin(marks["date"])]
    rows = pd.concat([marks, lacking.reindex(columns=marks.columns)])
    return rows.sort_values("date", ignore_index=True)


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
